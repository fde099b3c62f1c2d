// What a checkpoint's chat template says, as far as it can be told without running it.
#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/logging.h"
#include "model/chat_template.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;

// The escapes of a Jinja string literal that occur in templates.
std::string unescape(std::string_view literal) {
  std::string text;
  for (size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size()) {
      text += literal[i];
      continue;
    }
    const char next = literal[++i];
    text += next == 'n' ? '\n' : next == 't' ? '\t' : next;
  }
  return text;
}

// Walks over a Jinja template and collects the texts it writes by itself, those of branches about
// tools and numbered images apart.
class TemplateScanner {
 public:
  explicit TemplateScanner(std::string_view jinja) : jinja_(jinja) {}

  std::vector<std::string> written_texts() {
    while (place_ < jinja_.size()) {
      const size_t open = jinja_.find('{', place_);
      const char kind =
          open == std::string_view::npos || open + 1 == jinja_.size() ? '\0' : jinja_[open + 1];
      const bool is_tag = kind == '{' || kind == '%' || kind == '#';
      const size_t end = is_tag ? open : open == std::string_view::npos ? jinja_.size() : open + 1;
      write(std::string(jinja_.substr(place_, end - place_)));
      place_ = end;
      if (is_tag) tag(kind);
    }
    return texts_;
  }

 private:
  void write(std::string text) {
    const bool is_skipped = std::find(skipped_.begin(), skipped_.end(), true) != skipped_.end();
    if (!is_skipped && !text.empty()) texts_.push_back(std::move(text));
  }

  // At "{{", "{%" or "{#": moves behind the closing pair.
  void tag(char kind) {
    const char close = kind == '{' ? '}' : kind;
    size_t i = place_ + 2;
    std::string statement;
    while (i + 1 < jinja_.size() && !(jinja_[i] == close && jinja_[i + 1] == '}')) {
      const bool is_quote = kind != '#' && (jinja_[i] == '\'' || jinja_[i] == '"');
      if (!is_quote) {
        statement += jinja_[i++];
        continue;
      }
      const size_t end = literal_end(i);
      if (kind == '{' && !is_argument(statement))
        write(unescape(jinja_.substr(i + 1, end - i - 1)));
      statement += jinja_.substr(i, end + 1 - i);
      i = end + 1;
    }
    place_ = std::min(i + 2, jinja_.size());
    if (kind == '%') branch(statement);
  }

  size_t literal_end(size_t open) const {
    size_t i = open + 1;
    while (i < jinja_.size() && jinja_[i] != jinja_[open]) i += jinja_[i] == '\\' ? 2 : 1;
    return std::min(i, jinja_.size());
  }

  // A literal after a bracket names a key or is an argument; it is not written.
  static bool is_argument(std::string_view before) {
    const size_t last = before.find_last_not_of(" \t\r\n");
    return last != std::string_view::npos && (before[last] == '[' || before[last] == '(');
  }

  void branch(std::string_view statement) {
    const size_t begin = statement.find_first_not_of(" \t\r\n-+");
    if (begin == std::string_view::npos) return;
    statement.remove_prefix(begin);
    const bool is_special = statement.find("tool") != std::string_view::npos ||
                            statement.find("add_vision_id") != std::string_view::npos;
    if (statement.starts_with("if") || statement.starts_with("for")) skipped_.push_back(is_special);
    if (skipped_.empty()) return;
    if (statement.starts_with("elif")) skipped_.back() = is_special;
    if (statement.starts_with("else")) skipped_.back() = false;
    if (statement.starts_with("endif") || statement.starts_with("endfor")) skipped_.pop_back();
  }

  std::string_view jinja_;
  size_t place_ = 0;
  std::vector<bool> skipped_;  // one an open branch or loop
  std::vector<std::string> texts_;
};

void erase_all(std::string& text, std::string_view part) {
  if (part.empty()) return;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin));
}

struct TemplateFile {
  fs::path file;
  std::string jinja;
};

// tokenizer_config.json may hold several templates, by name.
std::string template_in(const JsonObject& config) {
  const nlohmann::json* value = config.find("chat_template");
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  if (!value->is_array()) config.fail("chat_template", "a string or a list of named templates");
  for (const nlohmann::json& entry : *value) {
    const JsonObject named(entry, config.file(), "chat_template.");
    if (named.string("name") == "default") return named.string("template");
  }
  return {};
}

TemplateFile find_template(const fs::path& folder) {
  const auto is_there = [](const fs::path& file) {
    std::error_code error;
    return fs::exists(file, error);
  };
  if (const fs::path file = folder / "chat_template.jinja"; is_there(file))
    return {file, read_checkpoint_text(file)};
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    const fs::path file = folder / name;
    if (!is_there(file)) continue;
    const nlohmann::json parsed = parse_json(read_checkpoint_text(file), file.string());
    std::string jinja = template_in(JsonObject(parsed, file.string()));
    if (!jinja.empty()) return {file, std::move(jinja)};
  }
  return {};
}

}  // namespace

std::string default_system_of(std::string_view jinja) {
  constexpr std::string_view kSystem = "<|im_start|>system";
  for (size_t at = jinja.find(kSystem); at != std::string_view::npos;
       at = jinja.find(kSystem, at + 1)) {
    std::string_view rest = jinja.substr(at + kSystem.size());
    if (rest.starts_with("\n")) {
      rest.remove_prefix(1);
    } else if (rest.starts_with("\\n")) {
      rest.remove_prefix(2);
    } else {
      continue;
    }
    const std::string_view text = rest.substr(0, rest.find(kTurnEnd));
    if (text.size() < rest.size() && text.find_first_of("{}'\"") == std::string_view::npos)
      return unescape(text);
  }
  return {};
}

std::string foreign_template_text(std::string_view jinja) {
  const std::string system = default_system_of(jinja);
  const std::array<std::string_view, 9> known = {system,     kTurnStart,  kTurnEnd,
                                                 kImagePad,  kVideoPad,   kVisionStart,
                                                 kVisionEnd, "assistant", "user"};
  for (std::string& text : TemplateScanner(jinja).written_texts()) {
    for (const std::string_view part : known) erase_all(text, part);
    erase_all(text, "system");
    if (std::string foreign = trimmed(text); !foreign.empty()) return foreign;
  }
  return {};
}

ChatTemplate read_chat_template(const fs::path& folder, ModelFamily family) {
  ChatTemplate chat = family_chat_template(family);
  const TemplateFile found = find_template(folder);
  if (found.jinja.empty()) return chat;
  chat.default_system = default_system_of(found.jinja);
  const std::string foreign = foreign_template_text(found.jinja);
  if (!foreign.empty()) {
    core::log_warning(
        "{}: the chat template writes '{}', which prompts made here will not hold; compare one "
        "prompt with model_check before training (docs/model_check.md)",
        found.file.string(), foreign.substr(0, foreign.find('\n')).substr(0, 80));
  } else if (found.jinja.find(kTurnStart) == std::string::npos ||
             found.jinja.find(kTurnEnd) == std::string::npos) {
    core::log_warning(
        "{}: the chat template has no {} and {}, between which prompts made here put each message; "
        "compare one prompt with model_check before training (docs/model_check.md)",
        found.file.string(), kTurnStart, kTurnEnd);
  }
  return chat;
}

}  // namespace retrace::model
