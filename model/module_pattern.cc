#include "model/module_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/pcre2_handles.h"

namespace retrace::model {
namespace {

using core::ConfigError;
using core::throw_;

constexpr uint32_t kMatchLimit = 1'000'000;  // far above what a path of 100 letters needs

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

std::string error_text(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

}  // namespace

struct ModulePattern::Expression {
  UniqueCode code;
  UniqueMatchContext context;
};

ModulePattern::ModulePattern(std::string text) : text_(std::move(text)) {
  if (text_.empty()) throw_<ConfigError>("a module pattern is empty; name a module, as q_proj");
  if (std::all_of(text_.begin(), text_.end(), is_name_letter)) return;
  int error = 0;
  PCRE2_SIZE offset = 0;
  expression_ = std::make_unique<Expression>();
  expression_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text_.data()), text_.size(),
                                        PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &offset,
                                        nullptr));
  if (expression_->code == nullptr) {
    throw_<ConfigError>(
        "module pattern '{}': expected a name or a regular expression, found {} at "
        "character {}",
        core::one_line(text_), error_text(error), offset);
  }
  expression_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(expression_->context.get(), kMatchLimit);
}

ModulePattern::~ModulePattern() = default;
ModulePattern::ModulePattern(ModulePattern&&) noexcept = default;

bool ModulePattern::matches(std::string_view module) const {
  if (is_plain()) {
    return module == text_ || (module.size() > text_.size() && module.ends_with(text_) &&
                               module[module.size() - text_.size() - 1] == '.');
  }
  const UniqueMatchData data(
      pcre2_match_data_create_from_pattern(expression_->code.get(), nullptr));
  const int code = pcre2_match(expression_->code.get(), reinterpret_cast<PCRE2_SPTR>(module.data()),
                               module.size(), 0, 0, data.get(), expression_->context.get());
  if (code == PCRE2_ERROR_NOMATCH) return false;
  if (code >= 0) return true;
  throw_<ConfigError>("module pattern '{}': {} on '{}'; write a simpler one", core::one_line(text_),
                      error_text(code), module);
}

}  // namespace retrace::model
