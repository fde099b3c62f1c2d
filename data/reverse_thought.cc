#include "data/reverse_thought.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "data/open_steps.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

// Steps that are left out one after the other are one gap.
std::string spoken(std::vector<std::string> steps) {
  const auto is_gap_again = [](const std::string& a, const std::string& b) {
    return a == kLeftOut && b == kLeftOut;
  };
  steps.erase(std::unique(steps.begin(), steps.end(), is_gap_again), steps.end());
  return fmt::format("{}", fmt::join(steps, ", then "));
}

std::string_view way(TravelDirection direction) {
  return direction == TravelDirection::kForward ? "the way there, from the start to the destination"
                                                : "the way back, from the destination to the start";
}

std::string_view subject(Task task) {
  switch (task) {
    case Task::kDirection:
      return "the directions to take";
    case Task::kLandmark:
      return "the landmarks and changes of scenery passed by";
    case Task::kAction:
      return "the actions done";
    default:
      return "the route";
  }
}

std::string what_is_missing(const Sample& sample) {
  if (sample.opposite.empty()) return "the annotation of the other direction";
  if (sample.task == Task::kUnknown) return "its task";
  return sample.direction == TravelDirection::kUnknown ? "its direction" : "";
}

[[noreturn]] void fail(const Sample& sample, std::string_view message) {
  core::throw_<core::DataError>("sample {}{}: {}", sample.index,
                                sample.id.empty() ? "" : fmt::format(" ('{}')", sample.id),
                                message);
}

void check_texts(const Sample& sample) {
  if (sample.answer.empty()) fail(sample, "answer: expected a letter or a text, is empty");
  for (const std::string_view tag : {"<think>", "</think>", "<answer>", "</answer>"}) {
    if (count_occurrences(sample.opposite, tag) + count_occurrences(sample.answer, tag) > 0)
      fail(sample, fmt::format("the annotation holds the tag {}; expected text without tags, to "
                               "write a demonstration around it",
                               tag));
  }
}

std::string thought(const Sample& sample, ThoughtForm form) {
  const bool is_forward = sample.direction == TravelDirection::kForward;
  const std::string_view asked = way(sample.direction);
  const std::string_view other =
      way(is_forward ? TravelDirection::kReverse : TravelDirection::kForward);
  const bool is_open_question = sample.options.empty();
  const std::string route = form == ThoughtForm::kReverseOpen && !is_open_question
                                ? spoken(open_steps(sample))
                                : sample.opposite;
  std::string text =
      fmt::format("First {}. On it, {}: {}{} Now {}, and {} on it.", other, subject(sample.task),
                  route, route.ends_with('.') ? "" : ".", asked, subject(sample.task));
  if (form == ThoughtForm::kReverse && !right_option(sample).empty())
    text += fmt::format(" So the answer is {}.", sample.answer);
  return text;
}

}  // namespace

std::string solution_in_form(const Sample& sample, ThoughtForm form) {
  if (form == ThoughtForm::kFile) return sample.solution;
  check_texts(sample);
  if (form == ThoughtForm::kAnswerOnly) return fmt::format("<answer>{}</answer>", sample.answer);
  if (const std::string missing = what_is_missing(sample); !missing.empty()) {
    fail(sample, fmt::format("has no demonstration of reverse thinking, {} is not known; use data "
                             "that has it, sft.thought: file or answer_only, or "
                             "sft.thought_fallback: answer_only",
                             missing));
  }
  return fmt::format("<think>{}</think> <answer>{}</answer>", thought(sample, form), sample.answer);
}

size_t set_solutions(std::vector<Sample>& samples, ThoughtForm form, ThoughtFallback fallback) {
  const bool is_reverse = form == ThoughtForm::kReverse || form == ThoughtForm::kReverseOpen;
  size_t num_fallen_back = 0;
  for (Sample& sample : samples) {
    const bool falls_back =
        is_reverse && fallback == ThoughtFallback::kAnswerOnly && !what_is_missing(sample).empty();
    sample.solution = solution_in_form(sample, falls_back ? ThoughtForm::kAnswerOnly : form);
    num_fallen_back += falls_back ? 1 : 0;
  }
  return num_fallen_back;
}

}  // namespace retrace::data
