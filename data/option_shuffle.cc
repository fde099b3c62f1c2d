#include "data/option_shuffle.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "data/option_text.h"

namespace retrace::data {
namespace {

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 128;
}

// Whether the character at `at` is a capital letter of the first `num_options` and no part of a
// word.
bool is_lone_letter(std::string_view text, size_t at, size_t num_options) {
  if (text[at] < 'A' || text[at] >= option_letter(num_options)) return false;
  if (at > 0 && (is_word_character(text[at - 1]) || text[at - 1] == '\'')) return false;
  return at + 1 == text.size() || (!is_word_character(text[at + 1]) && text[at + 1] != '\'');
}

bool names_an_option(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at), after = text.substr(at + 1);
  return before.ends_with("<answer>") || before.ends_with("answer is ") || after.starts_with(':');
}

bool is_article(std::string_view text, size_t at) {
  return text[at] == 'A' && at + 2 < text.size() && text[at + 1] == ' ' &&
         std::islower(static_cast<unsigned char>(text[at + 2])) != 0;
}

std::string remap_letters(const Sample& sample, std::span<const size_t> new_position) {
  std::string text = sample.solution;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_lone_letter(sample.solution, at, new_position.size())) continue;
    if (names_an_option(sample.solution, at)) {
      text[at] = option_letter(new_position[static_cast<size_t>(text[at] - 'A')]);
    } else if (!is_article(sample.solution, at)) {
      core::throw_<core::DataError>(
          "sample {}: field 'solution': cannot follow a new order of the options: the letter {} at "
          "character {} may or may not mean an option; expected letters only in <answer>, after "
          "'answer is ' and before ':'",
          sample.index, text[at], at + 1);
    }
  }
  return text;
}

}  // namespace

Sample with_option_order(const Sample& sample, std::span<const size_t> order) {
  RETRACE_CHECK(order.size() == sample.options.size(), "{} positions, {} options", order.size(),
                sample.options.size());
  const std::optional<ProblemParts> parts = split_problem(sample.problem);
  if (!parts || !std::equal(parts->options.begin(), parts->options.end(), sample.options.begin(),
                            sample.options.end())) {
    core::throw_<core::DataError>(
        "sample {}: field 'problem': expected its {} options after 'Options:', to put them in "
        "another order",
        sample.index, sample.options.size());
  }
  Sample result = sample;
  std::vector<size_t> new_position(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    result.options[i] = sample.options[order[i]];
    new_position[order[i]] = i;
  }
  result.problem = with_options(sample.problem, result.options);
  result.solution = remap_letters(sample, new_position);
  if (sample.answer.size() == 1) {
    const auto answer = static_cast<size_t>(sample.answer.front() - 'A');
    if (answer < order.size()) result.answer = option_letter(new_position[answer]);
  }
  return result;
}

Sample with_shuffled_options(const Sample& sample, core::RandomSequence& random) {
  if (sample.options.size() < 2) return sample;
  std::vector<size_t> order(sample.options.size());
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  return with_option_order(sample, order);
}

}  // namespace retrace::data
