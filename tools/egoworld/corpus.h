// What a base model is trained on before it ever sees reinforcement: exercises of the separate
// skills that a route question needs, all made from ground truth.
//
//   headings  video   where the walker looks, over time
//   events    video   every landmark with the turn taken there
//   check     text    a stated sequence, four options: which says the same
//   invert    text    the way there given, state the way back, or the other way round
//   question  video   the world's questions with a whole thought
//   hands     video   what the hands hold, over time       (only where the walker acts)
//   actions   video   what is done, in order               (only where the walker acts)
//   action_check, action_invert  text   as check and invert, of actions
//   route_invert  text  the landmarks and turns there given, state those back, or the other way
//                       round
//   route_tell    text  the landmarks and turns given, describe the route
// Text-only exercises come from random streams of their own and need no clip.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/egoworld/clip.h"

namespace retrace::egoworld {

enum class ExerciseKind {
  kHeadings,
  kEvents,
  kCheck,
  kInvert,
  kQuestion,
  kHands,
  kActions,
  kActionCheck,
  kActionInvert,
  kRouteInvert,
  kRouteTell
};
inline constexpr int kNumExerciseKinds = 11;
std::string_view to_string(ExerciseKind kind);  // "headings", "route_tell"

struct CorpusOptions {
  std::array<int64_t, kNumExerciseKinds> counts{};  // records of each kind; 0: none
  std::vector<double> thought_weights;              // [kNumThoughtStyles], for kQuestion
  std::vector<double> check_weights;                // [kNumCheckStyles], for the checks
};

// "headings:2000,check:8000". Throws ConfigError for an unknown kind, a repeated one, or a count
// that is not a whole number of 0 or more.
std::array<int64_t, kNumExerciseKinds> parse_corpus_counts(std::string_view text,
                                                           std::string_view option);

struct ExerciseRecord {
  ExerciseKind kind;
  std::string problem, solution;
  std::string video;   // "" for text only
  std::string answer;  // the letter where there are options, else the solution or description
};

std::string headings_text(
    const Clip& clip);  // "north north east ...": one word per pair of transcript frames
std::string events_text(const Route& route);  // "lamp left, crate straight, plant right."

std::string hands_text(const Clip& clip);    // "no cup cup no ...": one word per pair of frames
std::string actions_text(const Clip& clip);  // "take cup, open box, light torch."

// One of the clip's questions (make_clip_questions), with a thought whose style is drawn by weight.
ExerciseRecord question_record(const WorldOptions& world, int64_t clip, int64_t question_index,
                               const std::vector<double>& thought_weights);

// Throws ConfigError when more video records of a kind are asked for than `num_clips` clips give:
// one record of each transcript a clip, and the clip's questions.
void check_corpus_counts(const WorldOptions& world, const CorpusOptions& options,
                         int64_t num_clips);

// All records in random order; counts as check_corpus_counts wants them.
std::vector<ExerciseRecord> make_corpus(const WorldOptions& world, int64_t num_clips,
                                        const CorpusOptions& options);

}  // namespace retrace::egoworld
