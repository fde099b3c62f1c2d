#include "data/option_text.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"

namespace retrace::data {
namespace {

constexpr std::string_view kOptions = "Options:";
constexpr size_t kMaxOptions = 26;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Where option `letter` starts at or after `begin`: the position of its letter; npos if nowhere.
size_t find_option(std::string_view text, char letter, size_t begin) {
  const std::string mark = {letter, '.', ' '};
  for (size_t at = text.find(mark, begin); at != std::string_view::npos;
       at = text.find(mark, at + 1)) {
    const std::string_view before = text.substr(0, at);
    const bool is_first = letter == 'A' && trim(before).empty();
    if (is_first || before.ends_with(", ") || before.ends_with("\n")) return at;
  }
  return std::string_view::npos;
}

// `text` between "Options:" and the instruction.
std::vector<std::string_view> split_options(std::string_view text) {
  std::vector<std::string_view> options;
  size_t start = find_option(text, 'A', 0);
  while (start != std::string_view::npos && options.size() < kMaxOptions) {
    constexpr size_t kMarkLength = 3;  // "A. "
    const size_t begin = start + kMarkLength;
    start = find_option(text, option_letter(options.size() + 1), begin);
    std::string_view option = text.substr(begin, std::min(start, text.size()) - begin);
    if (start != std::string_view::npos && option.ends_with(", ")) option.remove_suffix(2);
    options.push_back(trim(option));
  }
  return options;
}

// "A, B or C"
std::string letter_list(size_t num_options) {
  std::string list;
  for (size_t i = 0; i < num_options; ++i) {
    if (i > 0) list += i + 1 == num_options ? " or " : ", ";
    list += option_letter(i);
  }
  return list;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::optional<ProblemParts> split_problem(std::string_view problem) {
  const size_t mark = problem.find(kOptions);
  if (mark == std::string_view::npos) return std::nullopt;
  ProblemParts parts;
  parts.question = trim(problem.substr(0, mark));
  const size_t begin = mark + kOptions.size();
  const size_t end = std::min(problem.find("\n\n", begin), problem.size());
  parts.options = split_options(problem.substr(begin, end - begin));
  parts.instruction = trim(problem.substr(end));
  if (parts.options.empty()) return std::nullopt;
  return parts;
}

std::string with_options(std::string_view problem, std::span<const std::string> options) {
  const std::optional<ProblemParts> parts = split_problem(problem);
  RETRACE_CHECK(parts && parts->options.size() == options.size(), "{} options for: {}",
                options.size(), problem);
  std::string result;
  size_t done = 0;
  for (size_t i = 0; i < options.size(); ++i) {
    const auto begin = static_cast<size_t>(parts->options[i].data() - problem.data());
    result += problem.substr(done, begin - done);
    result += options[i];
    done = begin + parts->options[i].size();
  }
  result += problem.substr(done);
  return result;
}

std::string with_letter_list(std::string_view text, size_t num_options) {
  std::string result(text);
  const std::string wanted = letter_list(num_options);
  for (size_t length = 2; length <= kMaxOptions; ++length) {
    const std::string list = letter_list(length);
    if (length == num_options) continue;
    for (size_t at = result.find(list); at != std::string::npos; at = result.find(list, at)) {
      const size_t end = at + list.size();
      const bool is_inside_word =
          (at > 0 && is_word(result[at - 1])) || (end < result.size() && is_word(result[end]));
      if (!is_inside_word) result.replace(at, list.size(), wanted);
      at += is_inside_word ? 1 : wanted.size();
    }
  }
  return result;
}

std::string normalised_option(std::string_view option) {
  std::string text;
  for (const char c : trim(option)) {
    if (!is_space(c)) {
      text += c;
    } else if (text.back() != ' ') {
      text += ' ';
    }
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ',' || text.back() == ' '))
    text.pop_back();
  const bool is_abbreviation = text.size() > 1 && text[1] >= 'A' && text[1] <= 'Z';
  if (!text.empty() && !is_abbreviation)
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr unsigned char kFirstNonAscii = 128;
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_word = byte >= kFirstNonAscii || std::isalnum(byte) != 0;
    if (is_word && !inside) words.emplace_back();
    if (is_word) words.back() += static_cast<char>(std::tolower(byte));
    inside = is_word;
  }
  return words;
}

std::optional<char> letter_of_answer(std::string_view answer,
                                     std::span<const std::string> options) {
  for (size_t i = 0; i < options.size(); ++i) {
    const std::string letter(1, option_letter(i));
    const bool is_letter =
        answer == letter || answer == letter + "." || answer.starts_with(letter + ". ");
    if (is_letter || answer == options[i]) return option_letter(i);
  }
  return std::nullopt;
}

}  // namespace retrace::data
