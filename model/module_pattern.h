// Which modules of a model a list of patterns names, by the rules of PEFT's target_modules.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace retrace::model {

// One entry: a plain name ("q_proj", "self_attn.q_proj") stands for every module whose path is that
// name or ends with "." and that name; anything with a character outside [A-Za-z0-9_.] is a regular
// expression for the whole path.
class ModulePattern {
 public:
  // Throws ConfigError if it is empty or not a regular expression.
  explicit ModulePattern(std::string text);
  ~ModulePattern();
  ModulePattern(ModulePattern&&) noexcept;

  const std::string& text() const { return text_; }
  bool is_plain() const { return expression_ == nullptr; }
  // `module` is a path as in transformers: "model.language_model.layers.0.self_attn.q_proj". Throws
  // ConfigError for an expression that needs too many steps.
  bool matches(std::string_view module) const;

 private:
  struct Expression;
  std::string text_;
  std::unique_ptr<Expression> expression_;  // null: a plain name
};

}  // namespace retrace::model
