#include "tools/egoworld/thought.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tools/egoworld/weighted_choice.h"

namespace retrace::egoworld {
namespace {

// `to_name(i)` names style i.
template <class ToName>
std::vector<double> parse_style_weights(std::string_view text, std::string_view option,
                                        int num_styles, ToName to_name) {
  std::vector<double> weights(num_styles, 0.0);
  for (const NamedWeight& entry : parse_named_weights(text, option)) {
    int style = 0;
    std::string known;
    while (style < num_styles && to_name(style) != entry.name) {
      known += fmt::format("{}{}", known.empty() ? "" : ", ", to_name(style++));
    }
    if (style == num_styles) {
      core::throw_<core::ConfigError>("{}: unknown style '{}'; there are: {}", option, entry.name,
                                      known);
    }
    weights[style] = entry.weight;
  }
  return weights;
}

// " right right, straight left": true words beside the option's, up to the first that differ.
std::string word_pairs(const WordSequence& truth, const WordSequence& option) {
  std::string text;
  for (size_t i = 0; i < truth.size(); ++i) {
    text += fmt::format("{} {} {}", i == 0 ? "" : ",", truth[i], option[i]);
    if (truth[i] != option[i]) break;
  }
  return text;
}

// What is said of one option between its letter and the verdict.
std::string check_detail(const WordSequence& truth, const WordSequence& option, CheckStyle style) {
  switch (style) {
    case CheckStyle::kNone:
    case CheckStyle::kPlain:
      return "";
    case CheckStyle::kCopy:
      return fmt::format(" {}", joined(option));
    case CheckStyle::kPair:
      return word_pairs(truth, option);
  }
  core::throw_<core::InternalError>("check style {}: not a style", static_cast<int>(style));
}

}  // namespace

std::string_view to_string(ThoughtStyle style) {
  switch (style) {
    case ThoughtStyle::kDirect:
      return "direct";
    case ThoughtStyle::kRecall:
      return "recall";
    case ThoughtStyle::kDerive:
      return "derive";
    case ThoughtStyle::kCheck:
      return "check";
    case ThoughtStyle::kCopyCheck:
      return "copy_check";
    case ThoughtStyle::kPairCheck:
      return "pair_check";
  }
  core::throw_<core::InternalError>("thought style {}: not a style", static_cast<int>(style));
}

std::string_view to_string(CheckStyle style) {
  switch (style) {
    case CheckStyle::kNone:
      return "none";
    case CheckStyle::kPlain:
      return "plain";
    case CheckStyle::kCopy:
      return "copy";
    case CheckStyle::kPair:
      return "pair";
  }
  core::throw_<core::InternalError>("check style {}: not a style", static_cast<int>(style));
}

std::string thought_text(const Question& question, ThoughtStyle style) {
  const std::string recall = fmt::format("On {}: {}.", way_name(opposite_of(question.direction)),
                                         joined(question.opposite));
  const std::string derive =
      fmt::format("{} So on {}: {}.", recall, way_name(question.direction), joined(question.truth));
  const bool is_open = question.options.empty();
  switch (is_open && style > ThoughtStyle::kDerive ? ThoughtStyle::kDerive : style) {
    case ThoughtStyle::kDirect:
      return "";
    case ThoughtStyle::kRecall:
      return recall;
    case ThoughtStyle::kDerive:
      return derive;
    case ThoughtStyle::kCheck:
      return derive + " " + check_text(question.options, question.answer, CheckStyle::kPlain);
    case ThoughtStyle::kCopyCheck:
      return derive + " " + check_text(question.options, question.answer, CheckStyle::kCopy);
    case ThoughtStyle::kPairCheck:
      return derive + " " + check_text(question.options, question.answer, CheckStyle::kPair);
  }
  core::throw_<core::InternalError>("thought style {}: not a style", static_cast<int>(style));
}

std::string check_text(const std::vector<WordSequence>& options, int answer, CheckStyle style) {
  if (style == CheckStyle::kNone) return "";
  std::string text;
  for (int option = 0; option <= answer; ++option) {
    const std::string detail = check_detail(options[answer], options[option], style);
    text += fmt::format("{}{}{}: {}.", option == 0 ? "" : " ", option_letter(option), detail,
                        option == answer ? "yes" : "no");
  }
  return text;
}

std::string solution_text(std::string_view thought, int answer) {
  const char letter = option_letter(answer);
  return solution_text(thought, std::string_view(&letter, 1));
}

std::string solution_text(std::string_view thought, std::string_view answer) {
  return fmt::format("<think>{}</think> <answer>{}</answer>", thought, answer);
}

std::vector<double> parse_thought_weights(std::string_view text, std::string_view option) {
  return parse_style_weights(text, option, kNumThoughtStyles,
                             [](int i) { return to_string(static_cast<ThoughtStyle>(i)); });
}

std::vector<double> parse_check_weights(std::string_view text, std::string_view option) {
  return parse_style_weights(text, option, kNumCheckStyles,
                             [](int i) { return to_string(static_cast<CheckStyle>(i)); });
}

}  // namespace retrace::egoworld
