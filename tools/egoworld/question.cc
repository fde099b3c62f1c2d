#include "tools/egoworld/question.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

using data::Task;
using data::TravelDirection;

std::string_view stem(Task task, TravelDirection direction) {
  const bool forward = direction == TravelDirection::kForward;
  if (task == Task::kDirection) {
    return forward ? "Which turns lead to the destination?" : "Which turns lead back to the start?";
  }
  return forward ? "Which landmarks are passed on the way to the destination?"
                 : "Which landmarks are passed on the way back to the start?";
}

// Both annotations of a route and the options for either; the options are the same set in both
// directions.
struct AnswerSet {
  WordSequence forward, reverse;
  std::vector<WordSequence> forward_options, reverse_options;
};

AnswerSet turn_answers(const Route& route) {
  const std::vector<Turn> reverse = reversed_route(route.turns);
  return {words(route.turns), words(reverse), turn_options(route.turns), turn_options(reverse)};
}

AnswerSet landmark_answers(const Route& route, core::RandomSequence& random) {
  const LandmarkExchange exchange = draw_exchange(random, route.landmarks);
  const std::vector<Landmark> reverse(route.landmarks.rbegin(), route.landmarks.rend());
  return {words(route.landmarks), words(reverse), landmark_options(route.landmarks, exchange),
          landmark_options(reverse, exchange)};
}

Question make_question(Task task, TravelDirection direction, const AnswerSet& answers,
                       core::RandomSequence& random) {
  const bool forward = direction == TravelDirection::kForward;
  Question question;
  question.task = task;
  question.direction = direction;
  ShuffledOptions shuffled =
      shuffle_options(forward ? answers.forward_options : answers.reverse_options, random);
  question.options = std::move(shuffled.options);
  question.answer = shuffled.answer;
  question.truth = forward ? answers.forward : answers.reverse;
  question.opposite = forward ? answers.reverse : answers.forward;
  return question;
}

}  // namespace

ShuffledOptions shuffle_options(std::vector<WordSequence> options, core::RandomSequence& random) {
  RETRACE_CHECK(options.size() == kNumOptions, "{} options", options.size());
  const WordSequence truth = options.front();
  random.shuffle(options);
  const auto place = std::find(options.begin(), options.end(), truth);
  return {options, static_cast<int>(place - options.begin())};
}

std::array<Question, kQuestionsPerClip> make_questions(const Route& route, uint64_t seed,
                                                       int64_t clip) {
  core::RandomSequence random(core::RandomStream(seed, "egoworld/questions").substream(clip));
  const AnswerSet turns = turn_answers(route);
  const AnswerSet landmarks = landmark_answers(route, random);
  return {make_question(Task::kDirection, TravelDirection::kForward, turns, random),
          make_question(Task::kDirection, TravelDirection::kReverse, turns, random),
          make_question(Task::kLandmark, TravelDirection::kForward, landmarks, random),
          make_question(Task::kLandmark, TravelDirection::kReverse, landmarks, random)};
}

std::string problem_text(const Question& question) {
  return fmt::format("{}\n{}\n\nInstructions: Choose one option.",
                     stem(question.task, question.direction), options_text(question.options));
}

std::string options_text(const std::vector<WordSequence>& options) {
  std::string text = "Options:";
  for (size_t i = 0; i < options.size(); ++i) {
    text += fmt::format("\n{}. {}", option_letter(static_cast<int>(i)), joined(options[i]));
  }
  return text;
}

std::string joined(const WordSequence& sequence) {
  return fmt::format("{}", fmt::join(sequence, ", "));
}

char option_letter(int option) {
  return static_cast<char>('A' + option);
}

std::string_view way_name(TravelDirection direction) {
  return direction == TravelDirection::kReverse ? "the way back" : "the way there";
}

TravelDirection opposite_of(TravelDirection direction) {
  return direction == TravelDirection::kReverse ? TravelDirection::kForward
                                                : TravelDirection::kReverse;
}

}  // namespace retrace::egoworld
