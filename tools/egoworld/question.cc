#include "tools/egoworld/question.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "tools/egoworld/route_description.h"

namespace retrace::egoworld {
namespace {

using data::Task;
using data::TravelDirection;

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

AnswerSet landmark_answers(const Route& route, Closeness closeness, core::RandomSequence& random) {
  const std::vector<Landmark>& forward = route.landmarks;
  const std::vector<Landmark> reverse(forward.rbegin(), forward.rend());
  AnswerSet answers = {words(forward), words(reverse), {}, {}};
  if (closeness == Closeness::kClose && forward.size() >= 4) {
    answers.forward_options = close_landmark_options(forward);
    answers.reverse_options = close_landmark_options(reverse);
    return answers;
  }
  const std::vector<LandmarkExchange> exchanges = closeness == Closeness::kFar
                                                      ? draw_all_exchanges(random, forward)
                                                      : std::vector{draw_exchange(random, forward)};
  answers.forward_options = landmark_options(forward, exchanges);
  answers.reverse_options = landmark_options(reverse, exchanges);
  return answers;
}

AnswerSet action_answers(std::span<const Action> actions, Closeness closeness,
                         core::RandomSequence& random) {
  const std::optional<ObjectExchange> exchange = draw_object_exchange(random, actions, closeness);
  const std::vector<Action> reverse = reversed_actions(actions);
  return {words(actions), words(reverse), action_options(actions, exchange),
          action_options(reverse, exchange)};
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

Question make_route_question(TravelDirection direction, const Route& there, const Route& back,
                             core::RandomSequence& random) {
  const bool forward = direction == TravelDirection::kForward;
  const Route& asked = forward ? there : back;
  const Route& other = forward ? back : there;
  Question question;
  question.task = Task::kRoute;
  question.direction = direction;
  question.truth = route_events(asked.turns, asked.landmarks);
  question.opposite = route_events(other.turns, other.landmarks);
  const auto style = static_cast<DescriptionStyle>(random.below(kNumDescriptionStyles));
  question.description = route_description(asked.turns, asked.landmarks, direction, style);
  return question;
}

}  // namespace

std::string_view stem(Task task, TravelDirection direction) {
  const bool forward = direction == TravelDirection::kForward;
  switch (task) {
    case Task::kDirection:
      return forward ? "Which turns lead to the destination?"
                     : "Which turns lead back to the start?";
    case Task::kLandmark:
      return forward ? "Which landmarks are passed on the way to the destination?"
                     : "Which landmarks are passed on the way back to the start?";
    case Task::kAction:
      return forward ? "Which actions are done on the way to the destination?"
                     : "Which actions are done on the way back to the start?";
    case Task::kRoute:
      return forward ? "Describe the way to the destination."
                     : "Describe the way back to the start.";
    case Task::kUnknown:
      break;
  }
  core::throw_<core::InternalError>("task {}: not asked", static_cast<int>(task));
}

ShuffledOptions shuffle_options(std::vector<WordSequence> options, core::RandomSequence& random) {
  RETRACE_CHECK(options.size() == kNumOptions, "{} options", options.size());
  const WordSequence truth = options.front();
  random.shuffle(options);
  const auto place = std::find(options.begin(), options.end(), truth);
  return {options, static_cast<int>(place - options.begin())};
}

std::array<Question, kNumBasicQuestions> make_questions(const Route& route, uint64_t seed,
                                                        int64_t clip, Closeness closeness) {
  core::RandomSequence random(core::RandomStream(seed, "egoworld/questions").substream(clip));
  const AnswerSet turns = turn_answers(route);
  const AnswerSet landmarks = landmark_answers(route, closeness, random);
  return {make_question(Task::kDirection, TravelDirection::kForward, turns, random),
          make_question(Task::kDirection, TravelDirection::kReverse, turns, random),
          make_question(Task::kLandmark, TravelDirection::kForward, landmarks, random),
          make_question(Task::kLandmark, TravelDirection::kReverse, landmarks, random)};
}

std::array<Question, 2> make_action_questions(std::span<const Action> actions, uint64_t seed,
                                              int64_t clip, Closeness closeness) {
  core::RandomSequence random(
      core::RandomStream(seed, "egoworld/questions/action").substream(clip));
  const AnswerSet answers = action_answers(actions, closeness, random);
  return {make_question(Task::kAction, TravelDirection::kForward, answers, random),
          make_question(Task::kAction, TravelDirection::kReverse, answers, random)};
}

std::array<Question, 2> make_route_questions(const Route& route, uint64_t seed, int64_t clip) {
  core::RandomSequence random(core::RandomStream(seed, "egoworld/questions/route").substream(clip));
  Route back;
  back.turns = reversed_route(route.turns);
  back.landmarks.assign(route.landmarks.rbegin(), route.landmarks.rend());
  return {make_route_question(TravelDirection::kForward, route, back, random),
          make_route_question(TravelDirection::kReverse, route, back, random)};
}

std::string answer_text(const Question& question) {
  if (question.options.empty()) return question.description;
  return std::string(1, option_letter(question.answer));
}

std::string problem_text(const Question& question) {
  if (question.options.empty()) {
    return fmt::format("{}\n\nInstructions: Name each landmark and the turn taken there.",
                       stem(question.task, question.direction));
  }
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
