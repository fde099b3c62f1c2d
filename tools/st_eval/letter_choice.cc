#include "tools/st_eval/letter_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "data/sample.h"
#include "reward/answer_parser.h"
#include "reward/plain_text.h"

namespace retrace::st_eval {
namespace {

constexpr char kLastUnknownLetter = 'H';  // of questions whose options are unknown
constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
// Lower case; what follows them is the letter, perhaps after opening marks.
struct Phrase {
  std::string_view text;
  bool before_prose;  // a sentence may follow: "the answer is A left turn" chooses nothing
};
constexpr std::array<Phrase, 10> kPhrases = {{{"answer is", true},
                                              {"answer would be", true},
                                              {"answer should be", true},
                                              {"choice is", true},
                                              {"option is", true},
                                              {"answer:", false},
                                              {"i choose", false},
                                              {"i select", false},
                                              {"i pick", false},
                                              {"option", false}}};
// Words that follow a letter, but no article.
constexpr std::array<std::string_view, 11> kAfterLetter = {
    "and", "as", "because", "but", "due", "for", "is", "or", "since", "so", "which"};
constexpr std::string_view kSpaces = " \t\n", kOpeningMarks = " \t\n*\"'([",
                           kClosingMarks = "*\"')]";

using Letters = std::set<char>;

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
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
    for (const Phrase& phrase : kPhrases) {
      const std::string_view words = phrase.text;
      for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
        if (at > 0 && is_alnum(text[at - 1])) continue;
        add_letters_after(at + words.size(), phrase.before_prose, found);
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
      add(letter_of_line(reward::trim(region_.substr(begin, end - begin))), found);
      begin = end + 1;
    }
    return found;
  }

  // An option inside another that is found does not count: "left" in "left, right".
  Letters by_option_text() const {
    const std::string text = lower(region_);
    std::vector<size_t> matches;
    for (size_t i = 0; i < options_.size(); ++i) {
      if (holds_words(text, lower(reward::trim(options_[i])))) matches.push_back(i);
    }
    Letters found;
    for (const size_t i : matches) {
      const bool is_part = std::ranges::any_of(matches, [&](size_t other) {
        return other != i && options_[other].size() > options_[i].size() &&
               holds_words(lower(options_[other]), lower(reward::trim(options_[i])));
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

  size_t skip(size_t at, std::string_view characters) const {
    return std::min(region_.find_first_not_of(characters, at), region_.size());
  }

  // A letter of an option that is no part of a word.
  bool is_letter_at(size_t at) const {
    if (at >= region_.size() || !is_choice(region_[at])) return false;
    if (at + 1 == region_.size()) return true;
    const char next = region_[at + 1];
    return !is_alnum(next) && next != '\'' && next != '-';
  }

  bool has_word_at(size_t at, std::string_view word) const {
    const size_t end = at + word.size();
    return region_.substr(at).starts_with(word) &&
           (end == region_.size() || !is_alnum(region_[end]));
  }

  // What follows a letter makes it a word of the sentence: " left turn". The same for all letters:
  // whether an answer is read must not depend on which one is right.
  bool goes_on_as_prose(size_t at) const {
    if (at + 1 >= region_.size() || region_[at] != ' ') return false;
    if (std::islower(static_cast<unsigned char>(region_[at + 1])) == 0) return false;
    return std::ranges::none_of(kAfterLetter,
                                [&](std::string_view word) { return has_word_at(at + 1, word); });
  }

  // Behind ", ", " or ", " and " and the like: where the next letter of a list would be. The end of
  // the region where no list goes on.
  size_t next_in_list(size_t at) const {
    at = skip(skip(at, kClosingMarks), kSpaces);
    bool goes_on = false;
    if (at < region_.size() &&
        std::string_view(",/&").find(region_[at]) != std::string_view::npos) {
      at = skip(at + 1, kSpaces);
      goes_on = true;
    }
    for (const std::string_view word : {"or", "and"}) {
      if (!has_word_at(at, word)) continue;
      at += word.size();
      goes_on = true;
    }
    return goes_on ? skip(at, kOpeningMarks) : region_.size();
  }

  // The letter behind a phrase, and others listed with it: "B or C" is no choice.
  void add_letters_after(size_t at, bool before_prose, Letters& found) const {
    at = skip(at, " \t\n:*\"'([");
    for (const std::string_view word : {"option", "Option"}) {
      if (!has_word_at(at, word)) continue;
      at += word.size();
      before_prose = false;
    }
    at = skip(at, kOpeningMarks);
    if (!is_letter_at(at) || (before_prose && goes_on_as_prose(at + 1))) return;
    for (; is_letter_at(at); at = next_in_list(at + 1)) found.insert(region_[at]);
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
  return region ? std::string(reward::trim(*region)) : std::string();
}

}  // namespace retrace::st_eval
