// What a checkpoint's chat template says, as far as it can be told without running it.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/files.h"
#include "core/logging.h"
#include "model/chat_template.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystemStart = "<|im_start|>system\n";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kNameLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

// What a variable may hold, each literal once; nothing in place of what only running the template
// would tell.
using Values = std::set<std::optional<std::string>>;

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

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
}

// Walks over a Jinja template and collects the texts it writes by itself and the literals it gives
// its variables, those of branches about tools and numbered images apart.
class TemplateScanner {
 public:
  explicit TemplateScanner(std::string_view jinja) : jinja_(jinja) {
    while (place_ < jinja_.size()) {
      const size_t end = next_tag();
      const std::string_view text = jinja_.substr(place_, end - place_);
      if (text.find_first_not_of(kBlanks) != std::string_view::npos) write(std::string(text));
      place_ = end;
      if (end < jinja_.size()) tag(jinja_[end + 1]);
    }
  }

  const std::vector<std::string>& written_texts() const { return texts_; }
  // Of the variables that are written at the start of the system turn, the chat's messages apart.
  const Values& system_values() const { return system_values_; }

 private:
  size_t next_tag() const {
    size_t open = jinja_.find('{', place_);
    while (open != std::string_view::npos && open + 1 < jinja_.size()) {
      const char kind = jinja_[open + 1];
      if (kind == '{' || kind == '%' || kind == '#') return open;
      open = jinja_.find('{', open + 1);
    }
    return jinja_.size();
  }

  bool is_skipped() const {
    return std::find(skipped_.begin(), skipped_.end(), true) != skipped_.end();
  }

  void write(std::string text) {
    if (is_skipped() || text.empty()) return;
    is_at_system_start_ = text.ends_with(kSystemStart);
    texts_.push_back(std::move(text));
  }

  // At "{{", "{%" or "{#": moves behind the closing pair.
  void tag(char kind) {
    const char close = kind == '{' ? '}' : kind;
    size_t i = place_ + 2;
    std::string statement;
    if (kind == '{') note_system(i);
    while (i + 1 < jinja_.size() && !(jinja_[i] == close && jinja_[i + 1] == '}')) {
      const bool is_quote = kind != '#' && (jinja_[i] == '\'' || jinja_[i] == '"');
      if (!is_quote) {
        statement += jinja_[i++];
        continue;
      }
      const size_t end = literal_end(jinja_, i);
      if (kind == '{' && !is_argument(statement)) {
        write(unescape(jinja_.substr(i + 1, end - i - 1)));
        note_system(end + 1);
      }
      statement += jinja_.substr(i, end + 1 - i);
      i = end + 1;
    }
    place_ = std::min(i + 2, jinja_.size());
    if (kind == '%') run(statement);
  }

  static size_t literal_end(std::string_view text, size_t open) {
    size_t i = open + 1;
    while (i < text.size() && text[i] != text[open]) i += text[i] == '\\' ? 2 : 1;
    return std::min(i, text.size());
  }

  // If the system turn has just started: notes what the variable at `place` may hold.
  void note_system(size_t place) {
    const auto skip = [this](std::string_view letters, size_t from) {
      return std::min(jinja_.find_first_not_of(letters, from), jinja_.size());
    };
    const size_t begin = skip(" \t\r\n-+~", place);
    const size_t end = skip(kNameLetters, begin);
    if (!is_at_system_start_ || is_skipped() || begin == end) return;
    is_at_system_start_ = false;
    const auto found = values_.find(jinja_.substr(begin, end - begin));
    if (found == values_.end()) return;
    const size_t next = skip(kBlanks, end);
    constexpr std::string_view kEnds = "+~-}";  // otherwise filtered, called or asked for a key
    const bool is_alone =
        next < jinja_.size() && kEnds.find(jinja_[next]) != std::string_view::npos;
    system_values_.merge(is_alone ? Values(found->second) : Values{std::nullopt});
  }

  // A literal after a bracket names a key or is an argument; it is not written.
  static bool is_argument(std::string_view before) {
    const size_t last = before.find_last_not_of(" \t\r\n");
    return last != std::string_view::npos && (before[last] == '[' || before[last] == '(');
  }

  void run(std::string_view statement) {
    const size_t begin = statement.find_first_not_of(" \t\r\n-+");
    if (begin == std::string_view::npos) return;
    statement.remove_prefix(begin);
    if (statement.starts_with("set ")) assign(statement.substr(4));
    const bool is_special = statement.find("tool") != std::string_view::npos ||
                            statement.find("add_vision_id") != std::string_view::npos;
    if (statement.starts_with("if") || statement.starts_with("for")) skipped_.push_back(is_special);
    if (skipped_.empty()) return;
    if (statement.starts_with("elif")) skipped_.back() = is_special;
    if (statement.starts_with("else")) skipped_.back() = false;
    if (statement.starts_with("endif") || statement.starts_with("endfor")) skipped_.pop_back();
  }

  // "NAME = VALUE"
  void assign(std::string_view assignment) {
    const size_t equals = assignment.find('=');
    if (is_skipped() || equals == std::string_view::npos) return;
    const std::string name = trimmed(assignment.substr(0, equals));
    std::string value = trimmed(assignment.substr(equals + 1));
    if (value.ends_with('-') || value.ends_with('+'))
      value = trimmed(value.substr(0, value.size() - 1));
    constexpr std::string_view kElse = " else ";
    if (const size_t last = value.rfind(kElse); !is_literal(value) && last != std::string::npos)
      value = trimmed(value.substr(last + kElse.size()));
    const bool is_of_chat = value.starts_with("message");
    if (is_literal(value) && value.size() > 2) {
      values_[name].insert(unescape(std::string_view(value).substr(1, value.size() - 2)));
    } else if (!is_literal(value) && !is_of_chat && value != "none") {
      values_[name].insert(std::nullopt);
    }
  }

  static bool is_literal(std::string_view value) {
    const bool is_quoted = value.starts_with('\'') || value.starts_with('"');
    return is_quoted && value.size() > 1 && literal_end(value, 0) + 1 == value.size();
  }

  std::string_view jinja_;
  size_t place_ = 0;
  std::vector<bool> skipped_;  // one an open branch or loop
  std::vector<std::string> texts_;
  std::map<std::string, Values, std::less<>> values_;  // by name
  Values system_values_;
  bool is_at_system_start_ = false;
};

void erase_all(std::string& text, std::string_view part) {
  if (part.empty()) return;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
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
  if (const fs::path file = folder / "chat_template.jinja"; core::is_present(file))
    return {file, read_checkpoint_text(file)};
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    const fs::path file = folder / name;
    if (!core::is_present(file)) continue;
    const nlohmann::json parsed = parse_json(read_checkpoint_text(file), file.string());
    std::string jinja = template_in(JsonObject(parsed, file.string()));
    if (!jinja.empty()) return {file, std::move(jinja)};
  }
  return {};
}

}  // namespace

std::optional<std::string> default_system_of(std::string_view jinja) {
  const TemplateScanner scanner(jinja);
  for (const std::string& text : scanner.written_texts()) {
    const size_t start = text.find(kSystemStart);
    if (start == std::string::npos) continue;
    const size_t begin = start + kSystemStart.size();
    const size_t end = text.find(kTurnEnd, begin);
    if (end != std::string::npos && end > begin) return text.substr(begin, end - begin);
  }
  const Values& values = scanner.system_values();
  if (values.empty()) return "";
  return values.size() == 1 ? *values.begin() : std::nullopt;
}

std::string foreign_template_text(std::string_view jinja) {
  const std::string system = default_system_of(jinja).value_or("");
  const std::array<std::string_view, 9> known = {system,     kTurnStart,  kTurnEnd,
                                                 kImagePad,  kVideoPad,   kVisionStart,
                                                 kVisionEnd, "assistant", "user"};
  const TemplateScanner scanner(jinja);
  for (std::string text : scanner.written_texts()) {
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
  const std::optional<std::string> system = default_system_of(found.jinja);
  chat.default_system = system.value_or("");
  if (!system) {
    core::log_warning(
        "{}: which system message the chat template writes for a chat without one cannot be told; "
        "prompts made here have none, give it as prompt.system and compare one prompt with "
        "model_check before training (docs/model_check.md)",
        found.file.string());
  }
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
