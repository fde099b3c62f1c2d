// The questions of a clip, and how questions and answers are worded.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"
#include "tools/egoworld/option_orbit.h"
#include "tools/egoworld/route.h"

namespace retrace::egoworld {

struct Question {
  data::Task task = data::Task::kDirection;
  data::TravelDirection direction = data::TravelDirection::kForward;
  std::vector<WordSequence> options;  // [kNumOptions], all different; kRoute: none
  int answer = 0;                     // index of the right option
  std::string description;            // kRoute: the annotated answer
  WordSequence truth;                 // options[answer]: the annotation in the direction asked for
  WordSequence opposite;              // the annotation of the same route in the other direction
};

inline constexpr int kNumBasicQuestions = 4;
// direction/forward, direction/reverse, landmark/forward, landmark/reverse. Pure in (route, seed,
// clip).
std::array<Question, kNumBasicQuestions> make_questions(const Route& route, uint64_t seed,
                                                        int64_t clip,
                                                        Closeness closeness = Closeness::kUsual);
// Forward and reverse. Pure in all arguments.
std::array<Question, 2> make_action_questions(std::span<const Action> actions, uint64_t seed,
                                              int64_t clip, Closeness closeness);
// Open questions, each with an annotation in one of kNumDescriptionStyles wordings.
std::array<Question, 2> make_route_questions(const Route& route, uint64_t seed, int64_t clip);

// Options put in random order; `options`[0] is the right one.
struct ShuffledOptions {
  std::vector<WordSequence> options;
  int answer;
};
ShuffledOptions shuffle_options(std::vector<WordSequence> options, core::RandomSequence& random);

// The letter of the right option, or an open question's annotated answer.
std::string answer_text(const Question& question);

// "Which turns lead to the destination?"
std::string_view stem(data::Task task, data::TravelDirection direction);
// "Which turns lead to the destination?\nOptions:\nA. left, straight\n...\n\nInstructions: Choose
// one option."
std::string problem_text(const Question& question);
// "Options:\nA. left, straight\nB. ...": no newline at the end.
std::string options_text(const std::vector<WordSequence>& options);

std::string joined(const WordSequence& sequence);            // "left, straight, right"
char option_letter(int option);                              // 0 -> 'A'
std::string_view way_name(data::TravelDirection direction);  // "the way there", "the way back"
data::TravelDirection opposite_of(data::TravelDirection direction);

}  // namespace retrace::egoworld
