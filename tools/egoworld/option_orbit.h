// The four options of a question, made so that the options alone say nothing about the answer.
//
// Note [Options are an orbit]. Let a group of order 4 act on the possible answers so that the
// answers' distribution does not change under it, and let the options be the orbit of the true
// answer. Then each of the four, taken as the truth, would have led to the same four options with
// the same probability: given only the options, every one is right with probability 1/4, whatever a
// reader knows about the distribution of routes.
//   Turns: {s, reversed(s), mirrored(s), reversed(mirrored(s))}. Admissible turns are uniform and
//   the admissible set
//     is closed under both symmetries (is_admissible), and an admissible s has four different
//     images.
//   Landmarks: {t, order reversed} x {as is, one name exchanged for an absent one}. The exchange is
//   the
//     transposition of a name in t and a name not in t, both uniform: from any of the four
//     sequences the same transposition is drawn with the same probability. Far options exchange as
//     many names as there are absent ones for; close options exchange the second place and the
//     second last instead, which commutes with the reversal of order.
//   Actions, a = reversed_actions: {t, a(t), t with opposite verbs, order of t reversed}, or {t,
//   a(t)} x {as is, one object exchanged for an absent one, its verb's side kept}. Admissible are
//     all sequences of different objects, so both sets are orbits of a group of order 4.
// The letters are then shuffled uniformly. Both questions of a clip about landmarks, or about
// actions, have the same options, so that comparing the two sets of options says nothing either.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "tools/egoworld/action.h"
#include "tools/egoworld/difficulty.h"
#include "tools/egoworld/landmark.h"
#include "tools/egoworld/turn.h"

namespace retrace::egoworld {

inline constexpr int kNumOptions = 4;
using WordSequence = std::vector<std::string>;

// One name that is passed (`present`) and one that is not.
struct LandmarkExchange {
  Landmark present, absent;
};
LandmarkExchange draw_exchange(core::RandomSequence& random, std::span<const Landmark> landmarks);

// As many exchanges as there are absent names, at most one for each name that is passed.
std::vector<LandmarkExchange> draw_all_exchanges(core::RandomSequence& random,
                                                 std::span<const Landmark> landmarks);

// One object that is used and one that is not.
struct ObjectExchange {
  HeldObject used, unused;
};
// Nothing for options that differ in verbs and order alone; at Closeness::kUsual by chance.
std::optional<ObjectExchange> draw_object_exchange(core::RandomSequence& random,
                                                   std::span<const Action> actions,
                                                   Closeness closeness);

// kNumOptions sequences, the given one first.
std::vector<WordSequence> turn_options(std::span<const Turn> truth);
std::vector<WordSequence> landmark_options(std::span<const Landmark> truth,
                                           LandmarkExchange exchange);
std::vector<WordSequence> landmark_options(std::span<const Landmark> truth,
                                           std::span<const LandmarkExchange> exchanges);
// Throws InternalError below 4 landmarks: then both places are one, or their exchange is the
// reversal.
std::vector<WordSequence> close_landmark_options(std::span<const Landmark> truth);
std::vector<WordSequence> action_options(std::span<const Action> truth,
                                         const std::optional<ObjectExchange>& exchange);

}  // namespace retrace::egoworld
