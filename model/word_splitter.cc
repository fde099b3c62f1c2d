#include "model/word_splitter.h"

#include "model/character_class.h"
#include "model/split_pattern.h"
#include "model/unicode_text.h"

namespace retrace::model {

namespace {

// Matches kQwenPattern or kQwenMarkPattern. The alternatives are tried in their order; each takes
// as much as it can, as the greedy quantifiers do.
class QwenMatcher {
 public:
  QwenMatcher(std::string_view text, bool marks_join_words, int64_t& steps)
      : text_(text),
        letter_(static_cast<uint8_t>(marks_join_words ? kLetter | kMark : kLetter)),
        steps_(steps) {}

  // The end of the word that begins at `place`, which is below the text's size.
  size_t match(size_t place) const {
    const Char first = at(place);
    if (first.code_point == '\'') {
      if (const size_t end = match_contraction(place + 1); end > 0) return end;
    }
    if (const size_t end = match_letters(place, first); end > 0) return end;
    if (has(first, kNumber)) return place + first.num_bytes;
    if (const size_t end = match_symbols(place, first); end > 0) return end;
    return match_spaces(place);  // nothing else is left
  }

 private:
  struct Char : Character {
    uint8_t classes = 0;
  };
  static constexpr char32_t kLongS = 0x17F;  // folds to s

  // Beyond the end: a character without bytes and classes.
  Char at(size_t place) const {
    ++steps_;
    if (place >= text_.size()) return {};
    const Character character = character_at(text_, place);
    return {character, classes_of(character.code_point)};
  }
  static bool has(const Char& c, int classes) { return (c.classes & classes) != 0; }
  static bool is_newline(const Char& c) { return c.code_point == '\r' || c.code_point == '\n'; }
  bool is_symbol(const Char& c) const {
    return c.num_bytes > 0 && !has(c, kSpace | kNumber | letter_);
  }

  template <class Predicate>
  size_t skip_while(size_t place, Predicate holds) const {
    for (Char c = at(place); holds(c); c = at(place)) place += c.num_bytes;
    return place;
  }

  // (?i:'s|'t|'re|'ve|'m|'ll|'d) after its apostrophe; 0 if it does not match.
  size_t match_contraction(size_t place) const {
    const Char first = at(place);
    if (first.code_point == kLongS) return place + first.num_bytes;
    const auto lower = [](const Char& c) { return c.code_point < 0x80 ? c.code_point | 0x20 : 0; };
    switch (lower(first)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return place + 1;
      case 'r':
      case 'v':
        return lower(at(place + 1)) == 'e' ? place + 2 : 0;
      case 'l':
        return lower(at(place + 1)) == 'l' ? place + 2 : 0;
      default:
        return 0;
    }
  }

  // [^\r\n\p{L}\p{N}]?\p{L}+
  size_t match_letters(size_t place, const Char& first) const {
    const auto is_letter = [this](const Char& c) { return has(c, letter_); };
    if (!has(first, kLetter | kNumber) && !is_newline(first)) {
      const size_t second = place + first.num_bytes;
      const size_t end = skip_while(second, is_letter);
      if (end > second) return end;
    }
    return is_letter(first) ? skip_while(place, is_letter) : 0;
  }

  // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
  size_t match_symbols(size_t place, const Char& first) const {
    const size_t begin = first.code_point == ' ' ? place + 1 : place;
    const size_t end = skip_while(begin, [this](const Char& c) { return is_symbol(c); });
    return end == begin ? 0 : skip_while(end, [](const Char& c) { return is_newline(c); });
  }

  // \s*[\r\n]+|\s+(?!\S)|\s+ : up to the last line end of the run; or else all but the last
  // character, which is left to the word that follows; or else that one character.
  size_t match_spaces(size_t place) const {
    size_t end = place, last = place, after_newline = 0;
    for (Char c = at(end); has(c, kSpace); c = at(end)) {
      last = end;
      end += c.num_bytes;
      if (is_newline(c)) after_newline = end;
    }
    if (after_newline > 0) return after_newline;
    return end == text_.size() || last == place ? end : last;
  }

  std::string_view text_;
  uint8_t letter_;
  int64_t& steps_;
};

}  // namespace

WordSplitter::WordSplitter(const std::string& pattern, const std::string& file)
    : marks_join_words_(pattern == kQwenMarkPattern) {
  if (pattern != kQwenPattern && pattern != kQwenMarkPattern) regex_.emplace(pattern, file);
}

std::vector<std::string_view> WordSplitter::split(std::string_view text, int64_t& steps) const {
  if (regex_) return regex_->split(text, steps);
  std::vector<std::string_view> words;
  const QwenMatcher matcher(text, marks_join_words_, steps);
  for (size_t place = 0; place < text.size();) {
    const size_t end = matcher.match(place);
    words.push_back(text.substr(place, end - place));
    place = end;
  }
  return words;
}

}  // namespace retrace::model
