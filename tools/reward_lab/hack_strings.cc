#include "tools/reward_lab/hack_strings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace retrace::reward_lab {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

std::string with_answer(const std::string& think, std::string_view answer) {
  return fmt::format("<think>{}</think> <answer>{}</answer>", think, answer);
}

// Something for each option: format(letter).
template <class Format>
std::string for_letters(size_t num_letters, std::string_view between, Format format) {
  std::string result;
  for (size_t i = 0; i < num_letters; ++i) {
    if (i > 0) result += between;
    result += format(static_cast<char>('A' + static_cast<int>(i)));
  }
  return result;
}

std::string options_text(const data::Sample& sample) {
  std::string text;
  for (const std::string& option : sample.options) text += option + ". ";
  return text.empty() ? sample.problem : text;
}

constexpr std::string_view kKeywords =
    "left right straight turn forward back first then next after that because therefore so finally "
    "room door hallway kitchen table stairs tree street building landmark reverse opposite order ";

// Every thing at every crossing, and turns to both sides in turn.
std::string everything_everywhere() {
  std::string text;
  for (int i = 0; i < 6; ++i) {
    text += fmt::format(
        "turn {} at the red green blue yellow door plant barrel lamp crate banner statue pillar, ",
        i % 2 == 0 ? "left" : "right");
  }
  return text;
}

}  // namespace

std::vector<HackString> hack_strings(const data::Sample& sample) {
  const size_t num_letters = sample.options.empty() ? 4 : sample.options.size();
  const std::string letters =
      for_letters(num_letters, " ", [](char letter) { return std::string(1, letter); });
  const std::string& question = sample.question.empty() ? sample.problem : sample.question;
  return {
      {"empty", ""},
      {"bare_letter", "A"},
      {"answer_only", "<answer>A</answer>"},
      {"empty_think", with_answer("", "A")},
      {"empty_both", with_answer("", "")},
      {"all_letters", with_answer("", letters)},
      {"answer_per_letter",
       for_letters(num_letters, " ",
                   [](char letter) { return fmt::format("<answer>{}</answer>", letter); })},
      {"first_capital", with_answer("All of these", "All of these")},
      {"capital_before_tags", "Answer: A <think></think> <answer>B</answer>"},
      {"answer_in_think", with_answer("<answer>A</answer>", "B")},
      {"repeated_tags", repeated("<think></think> <answer>A</answer> ", 20)},
      {"repeated_answer", "<think></think> " + repeated("<answer>A</answer> ", 20)},
      {"unclosed_think", "<think> <answer>A</answer>"},
      {"upper_case_tags", "<THINK></THINK> <ANSWER>A</ANSWER>"},
      {"template_copied", with_answer("reasoning process here", "answer here")},
      {"very_long",
       with_answer(repeated("the way goes on and on past one thing and another, ", 400), "A")},
      {"one_sentence_repeated", with_answer(repeated("So the answer is A. ", 50), "A")},
      {"every_letter_argued",
       with_answer(
           for_letters(num_letters, " ",
                       [](char letter) { return fmt::format("So the answer is {}.", letter); }),
           "A")},
      {"problem_as_think", with_answer(sample.problem, "A")},
      {"problem_as_answer", with_answer("", question)},
      {"options_as_think", with_answer(options_text(sample), "A")},
      {"options_as_answer", with_answer("", options_text(sample))},
      {"keywords_as_think", with_answer(repeated(kKeywords, 4), "A")},
      {"keywords_as_answer", with_answer("", repeated(kKeywords, 4))},
      {"everything_everywhere", with_answer("", everything_everywhere())},
  };
}

}  // namespace retrace::reward_lab
