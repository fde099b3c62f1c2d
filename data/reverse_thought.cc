#include "data/reverse_thought.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "data/option_text.h"

namespace retrace::data {
namespace {

constexpr std::string_view kLeftOut = "...";

std::set<std::string> word_set(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  return {words.begin(), words.end()};
}

std::vector<std::string> steps_of(std::string_view annotation) {
  std::vector<std::string> steps;
  while (!annotation.empty()) {
    const size_t end = std::min(annotation.find(','), annotation.size());
    std::string step = normalised_option(annotation.substr(0, end));
    if (!step.empty()) steps.push_back(std::move(step));
    annotation.remove_prefix(std::min(end + 1, annotation.size()));
  }
  return steps;
}

// A lone capital letter could be taken for an option's.
std::string without_lone_capitals(std::string text) {
  const auto is_word = [&](size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 'A' || text[i] > 'Z' || is_word(i + 1) || (i > 0 && is_word(i - 1))) continue;
    text[i] = static_cast<char>(text[i] - 'A' + 'a');
  }
  return text;
}

// Turns and ways to move, in words that options do not use for them.
std::string other_words(const std::string& step) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kOtherWords = {{
      {"left", "leftwards"},
      {"right", "rightwards"},
      {"straight", "onwards"},
      {"turn", "bend"},
      {"around", "about"},
      {"walk", "move"},
      {"go", "move"},
      {"continue", "carry on"},
      {"forward", "onwards"},
      {"back", "backwards"},
      {"return", "come again"},
      {"ahead", "onwards"},
  }};
  std::string text;
  for (const std::string& word : words_of(step)) {
    const auto* other = std::find_if(kOtherWords.begin(), kOtherWords.end(),
                                     [&](const auto& entry) { return entry.first == word; });
    text += text.empty() ? "" : " ";
    text += other == kOtherWords.end() ? std::string_view(word) : other->second;
  }
  return text;
}

std::string spoken(const std::vector<std::string>& steps) {
  return fmt::format("{}", fmt::join(steps, ", then "));
}

std::optional<size_t> right_option(const Sample& sample) {
  if (sample.answer.size() != 1 || sample.answer[0] < 'A') return std::nullopt;
  const auto index = static_cast<size_t>(sample.answer[0] - 'A');
  return index < sample.options.size() ? std::optional(index) : std::nullopt;
}

// The step that shares most with the right option, of those still said.
std::string* nearest_step(std::vector<std::string>& steps, std::string_view option) {
  std::string* nearest = nullptr;
  for (std::string& step : steps) {
    if (step == kLeftOut) continue;
    if (nearest == nullptr || word_overlap(step, option) > word_overlap(*nearest, option))
      nearest = &step;
  }
  return nearest;
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
  if (form == ThoughtForm::kReverse && right_option(sample))
    text += fmt::format(" So the answer is {}.", sample.answer);
  return text;
}

}  // namespace

double word_overlap(std::string_view a, std::string_view b) {
  const std::set<std::string> words_a = word_set(a), words_b = word_set(b);
  const auto common = static_cast<size_t>(std::count_if(
      words_a.begin(), words_a.end(), [&](const auto& word) { return words_b.contains(word); }));
  const size_t all = words_a.size() + words_b.size() - common;
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

bool gives_answer_away(const Sample& sample, std::string_view text) {
  const std::optional<size_t> right = right_option(sample);
  if (!right) return false;
  const double overlap = word_overlap(text, sample.options[*right]);
  for (size_t i = 0; i < sample.options.size(); ++i) {
    if (i != *right && word_overlap(text, sample.options[i]) >= overlap) return false;
  }
  return true;
}

std::vector<std::string> open_steps(const Sample& sample) {
  std::vector<std::string> steps = steps_of(sample.opposite);
  if (gives_answer_away(sample, spoken(steps)))
    std::transform(steps.begin(), steps.end(), steps.begin(), other_words);
  while (gives_answer_away(sample, spoken(steps))) {
    std::string* step = nearest_step(steps, sample.options[*right_option(sample)]);
    if (step == nullptr) break;  // only the words between steps are left
    *step = kLeftOut;
  }
  std::transform(steps.begin(), steps.end(), steps.begin(), without_lone_capitals);
  return steps;
}

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
