#include "tools/st_eval/letter_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "data/sample.h"
#include "reward/answer_parser.h"

namespace retrace::st_eval {
namespace {

constexpr char kLastUnknownLetter = 'H';  // of questions whose options are unknown
constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
// Lower case; what follows them is the letter, perhaps after opening marks.
constexpr std::array<std::string_view, 10> kPhrases = {
    "answer is", "answer:",  "answer would be", "answer should be", "choice is",
    "option is", "i choose", "i select",        "i pick",           "option"};

using Letters = std::set<char>;

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<std::string_view> answer_region(std::string_view text) {
  const size_t num_open = data::count_occurrences(text, kOpen);
  if (num_open > 1 || data::count_occurrences(text, kClose) > 1) return std::nullopt;
  if (num_open == 1) {
    const size_t begin = text.find(kOpen) + kOpen.size();
    const size_t end = text.find(kClose, begin);
    return text.substr(begin, end == std::string_view::npos ? end : end - begin);
  }
  constexpr std::string_view kThinkEnd = "</think>";
  if (const size_t end = text.rfind(kThinkEnd); end != std::string_view::npos)
    return text.substr(end + kThinkEnd.size());
  if (text.find("<think>") != std::string_view::npos) return std::nullopt;
  return text;
}

class Finder {
 public:
  Finder(std::string_view region, const std::vector<std::string>& options)
      : region_(region),
        options_(options),
        last_(options.empty() ? kLastUnknownLetter
                              : static_cast<char>('A' + static_cast<int>(options.size()) - 1)) {}

  Letters by_phrase() const {
    const std::string text = lower(region_);
    Letters found;
    for (const std::string_view phrase : kPhrases) {
      for (size_t at = text.find(phrase); at != std::string::npos; at = text.find(phrase, at + 1)) {
        if (at > 0 && is_alnum(text[at - 1])) continue;
        add(letter_after(at + phrase.size()), found);
      }
    }
    return found;
  }

  Letters by_brackets() const {
    Letters found;
    for (size_t at = region_.find('('); at != std::string_view::npos;
         at = region_.find('(', at + 1)) {
      if (at + 2 < region_.size() && region_[at + 2] == ')' && is_choice(region_[at + 1]))
        found.insert(region_[at + 1]);
    }
    return found;
  }

  Letters by_line() const {
    Letters found;
    for (size_t begin = 0; begin <= region_.size();) {
      const size_t end = std::min(region_.find('\n', begin), region_.size());
      add(letter_of_line(trim(region_.substr(begin, end - begin))), found);
      begin = end + 1;
    }
    return found;
  }

  // An option inside another that is found does not count: "left" in "left, right".
  Letters by_option_text() const {
    const std::string text = lower(region_);
    std::vector<size_t> matches;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (holds_words(text, lower(trim(options_[i])))) matches.push_back(i);
    }
    Letters found;
    for (const size_t i : matches) {
      const bool is_part = std::ranges::any_of(matches, [&](size_t other) {
        return other != i && options_[other].size() > options_[i].size() &&
               holds_words(lower(options_[other]), lower(trim(options_[i])));
      });
      if (!is_part) found.insert(static_cast<char>('A' + static_cast<int>(i)));
    }
    return found;
  }

 private:
  bool is_choice(char c) const { return c >= 'A' && c <= last_; }

  static void add(std::optional<char> letter, Letters& found) {
    if (letter) found.insert(*letter);
  }

  // Past spaces and opening marks: a capital letter that is no part of a word. "A" or "I" before a
  // word in lower case is English, not a choice: "the answer is A left turn".
  std::optional<char> letter_after(size_t at) const {
    at = std::min(region_.find_first_not_of(" \t\n:*\"'([", at), region_.size());
    for (const std::string_view word : {"option ", "Option "}) {
      if (region_.substr(at).starts_with(word)) at += word.size();
    }
    at = std::min(region_.find_first_not_of(" *\"'([", at), region_.size());
    if (at == region_.size() || !is_choice(region_[at])) return std::nullopt;
    if (at + 1 == region_.size()) return region_[at];
    if (is_alnum(region_[at + 1]) || region_[at + 1] == '\'' || region_[at + 1] == '-')
      return std::nullopt;
    const bool before_word = region_[at + 1] == ' ' && at + 2 < region_.size() &&
                             std::islower(static_cast<unsigned char>(region_[at + 2])) != 0;
    if (before_word && region_[at] == 'A') return std::nullopt;
    return region_[at];
  }

  std::optional<char> letter_of_line(std::string_view line) const {
    const bool starts = line.size() > 1 && is_choice(line[0]) &&
                        (line[1] == '.' || line[1] == ')' || line[1] == ':');
    if (starts && (line.size() == 2 || line[2] == ' ')) return line[0];
    while (!line.empty() && std::string_view(".*\"'").find(line.back()) != std::string_view::npos)
      line.remove_suffix(1);
    while (!line.empty() && std::string_view("*\"'").find(line.front()) != std::string_view::npos)
      line.remove_prefix(1);
    if (line.size() == 1 && is_choice(line[0])) return line[0];
    const bool after_colon = line.size() > 2 && is_choice(line.back()) &&
                             (line.ends_with(std::string(": ") + line.back()));
    return after_colon ? std::optional(line.back()) : std::nullopt;
  }

  static bool holds_words(std::string_view text, std::string_view words) {
    if (words.empty()) return false;
    for (size_t at = text.find(words); at != std::string_view::npos;
         at = text.find(words, at + 1)) {
      const size_t end = at + words.size();
      if ((at == 0 || !is_alnum(text[at - 1])) && (end == text.size() || !is_alnum(text[end])))
        return true;
    }
    return false;
  }

  std::string_view region_;
  const std::vector<std::string>& options_;
  char last_;
};

}  // namespace

std::string_view to_string(LetterRule rule) {
  constexpr std::array<std::string_view, kNumLetterRules> kNames = {
      "tag", "phrase", "bracketed", "lone_letter", "option_text", "none"};
  return kNames[static_cast<size_t>(rule)];
}

LetterChoice choose_letter(std::string_view completion, const std::vector<std::string>& options) {
  const char last = options.empty() ? kLastUnknownLetter
                                    : static_cast<char>('A' + static_cast<int>(options.size()) - 1);
  if (const std::optional<char> letter = reward::extract_letter(completion)) {
    if (*letter <= last) return {letter, LetterRule::kTag};
    return {};
  }
  const std::optional<std::string_view> region = answer_region(completion);
  if (!region) return {};
  const Finder finder(*region, options);
  const auto choice = [](const Letters& found, LetterRule rule) -> LetterChoice {
    return found.size() == 1 ? LetterChoice{*found.begin(), rule} : LetterChoice{};
  };
  if (const Letters found = finder.by_phrase(); !found.empty())
    return choice(found, LetterRule::kPhrase);
  if (const Letters found = finder.by_brackets(); !found.empty())
    return choice(found, LetterRule::kBracketed);
  if (const Letters found = finder.by_line(); !found.empty())
    return choice(found, LetterRule::kLoneLetter);
  return choice(finder.by_option_text(), LetterRule::kOptionText);
}

std::string answer_text(std::string_view completion) {
  const std::optional<std::string_view> region = answer_region(completion);
  return region ? std::string(trim(*region)) : std::string();
}

}  // namespace retrace::st_eval
