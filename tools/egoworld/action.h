// What the walker's hands do: five objects, each with two verbs that undo each other.
//
// The way back undoes: the last thing done is undone first. So the inverse of a list of actions is
// its order reversed and every verb replaced by its opposite, exactly what a film of the actions
// shows when it is played backwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"

namespace retrace::egoworld {

enum class HeldObject : uint8_t { kCup, kBox, kTorch, kJar, kFlag };
inline constexpr int64_t kNumHeldObjects = 5;

struct Action {
  HeldObject object = HeldObject::kCup;
  bool undoes = false;  // the second verb of the object's pair: "place", not "take"
  bool operator==(const Action&) const = default;
};

std::string_view to_string(HeldObject object);  // "cup", "box", "torch", "jar", "flag"
// "take cup", "place cup", "open box", "shut box", "light torch", "douse torch", "fill jar",
// "drain jar", "raise flag", "lower flag".
std::string to_string(const Action& action);
std::vector<std::string> words(std::span<const Action> actions);

// Every verb replaced by its opposite, in the same order.
std::vector<Action> opposite_verbs(std::span<const Action> actions);
// What is done on the way back.
std::vector<Action> reversed_actions(std::span<const Action> actions);

// Uniform over the ordered choices of different objects, each with either verb.
std::vector<Action> draw_actions(core::RandomSequence& random, int64_t num_actions);

}  // namespace retrace::egoworld
