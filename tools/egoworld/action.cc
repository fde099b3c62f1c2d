#include "tools/egoworld/action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

struct ObjectTraits {
  std::string_view word, verb, opposite_verb;
};

constexpr std::array<ObjectTraits, kNumHeldObjects> kTraits = {{
    {"cup", "take", "place"},
    {"box", "open", "shut"},
    {"torch", "light", "douse"},
    {"jar", "fill", "drain"},
    {"flag", "raise", "lower"},
}};

const ObjectTraits& traits(HeldObject object) {
  const auto index = static_cast<size_t>(object);
  RETRACE_CHECK(index < kTraits.size(), "object {} of {}", index, kTraits.size());
  return kTraits[index];
}

}  // namespace

std::string_view to_string(HeldObject object) {
  return traits(object).word;
}

std::string to_string(const Action& action) {
  const ObjectTraits& of = traits(action.object);
  return fmt::format("{} {}", action.undoes ? of.opposite_verb : of.verb, of.word);
}

std::vector<std::string> words(std::span<const Action> actions) {
  std::vector<std::string> result;
  for (const Action& action : actions) result.push_back(to_string(action));
  return result;
}

std::vector<Action> opposite_verbs(std::span<const Action> actions) {
  std::vector<Action> result(actions.begin(), actions.end());
  for (Action& action : result) action.undoes = !action.undoes;
  return result;
}

std::vector<Action> reversed_actions(std::span<const Action> actions) {
  std::vector<Action> result = opposite_verbs(actions);
  std::reverse(result.begin(), result.end());
  return result;
}

std::vector<Action> draw_actions(core::RandomSequence& random, int64_t num_actions) {
  RETRACE_CHECK(num_actions <= kNumHeldObjects, "{} actions of {} objects", num_actions,
                kNumHeldObjects);
  std::vector<HeldObject> objects;
  for (int64_t i = 0; i < kNumHeldObjects; ++i) objects.push_back(static_cast<HeldObject>(i));
  random.shuffle(objects);
  std::vector<Action> actions;
  for (int64_t i = 0; i < num_actions; ++i) actions.push_back({objects[i], random.chance(0.5)});
  return actions;
}

}  // namespace retrace::egoworld
