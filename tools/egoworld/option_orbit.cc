#include "tools/egoworld/option_orbit.h"

#include <algorithm>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

bool contains(std::span<const Landmark> landmarks, Landmark landmark) {
  return std::find(landmarks.begin(), landmarks.end(), landmark) != landmarks.end();
}

// Landmarks of the same theme that are not passed.
std::vector<Landmark> absent_landmarks(std::span<const Landmark> landmarks) {
  std::vector<Landmark> absent;
  for (const Landmark landmark : landmarks_of(theme_of(landmarks.front()))) {
    if (!contains(landmarks, landmark)) absent.push_back(landmark);
  }
  return absent;
}

// {truth, its reversal, other, the other's reversal}.
std::vector<WordSequence> with_reversals(const WordSequence& truth, const WordSequence& other) {
  return {truth, {truth.rbegin(), truth.rend()}, other, {other.rbegin(), other.rend()}};
}

bool uses(std::span<const Action> actions, HeldObject object) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](const Action& action) { return action.object == object; });
}

}  // namespace

LandmarkExchange draw_exchange(core::RandomSequence& random, std::span<const Landmark> landmarks) {
  const std::vector<Landmark> absent = absent_landmarks(landmarks);
  const Landmark present = landmarks[random.below(landmarks.size())];
  return {present, absent[random.below(absent.size())]};
}

std::vector<LandmarkExchange> draw_all_exchanges(core::RandomSequence& random,
                                                 std::span<const Landmark> landmarks) {
  std::vector<Landmark> present(landmarks.begin(), landmarks.end());
  std::vector<Landmark> absent = absent_landmarks(landmarks);
  random.shuffle(present);
  random.shuffle(absent);
  std::vector<LandmarkExchange> exchanges;
  for (size_t i = 0; i < std::min(present.size(), absent.size()); ++i)
    exchanges.push_back({present[i], absent[i]});
  return exchanges;
}

std::optional<ObjectExchange> draw_object_exchange(core::RandomSequence& random,
                                                   std::span<const Action> actions,
                                                   Closeness closeness) {
  const bool by_chance = random.chance(0.5);
  const HeldObject used = actions[random.below(actions.size())].object;
  std::vector<HeldObject> unused;
  for (int64_t i = 0; i < kNumHeldObjects; ++i) {
    const auto object = static_cast<HeldObject>(i);
    if (!uses(actions, object)) unused.push_back(object);
  }
  const ObjectExchange exchange = {used, unused[random.below(unused.size())]};
  if (closeness == Closeness::kClose || (closeness == Closeness::kUsual && by_chance)) return {};
  return exchange;
}

std::vector<WordSequence> turn_options(std::span<const Turn> truth) {
  const std::vector<Turn> mirrored = mirrored_route(truth);
  return {words(truth), words(reversed_route(truth)), words(mirrored),
          words(reversed_route(mirrored))};
}

std::vector<WordSequence> landmark_options(std::span<const Landmark> truth,
                                           LandmarkExchange exchange) {
  return landmark_options(truth, std::span(&exchange, 1));
}

std::vector<WordSequence> landmark_options(std::span<const Landmark> truth,
                                           std::span<const LandmarkExchange> exchanges) {
  std::vector<Landmark> exchanged(truth.begin(), truth.end());
  for (Landmark& landmark : exchanged) {
    for (const LandmarkExchange& exchange : exchanges) {  // no name is in two exchanges
      if (landmark == exchange.present) {
        landmark = exchange.absent;
        break;
      }
      if (landmark == exchange.absent) {
        landmark = exchange.present;
        break;
      }
    }
  }
  return with_reversals(words(truth), words(exchanged));
}

std::vector<WordSequence> close_landmark_options(std::span<const Landmark> truth) {
  RETRACE_CHECK(truth.size() >= 4, "{} landmarks", truth.size());
  WordSequence exchanged = words(truth);
  std::swap(exchanged[1], exchanged[exchanged.size() - 2]);
  return with_reversals(words(truth), exchanged);
}

std::vector<WordSequence> action_options(std::span<const Action> truth,
                                         const std::optional<ObjectExchange>& exchange) {
  const std::vector<Action> inverse = reversed_actions(truth);
  if (!exchange) {
    const std::vector<Action> opposite = opposite_verbs(truth);
    return {words(truth), words(inverse), words(opposite), words(reversed_actions(opposite))};
  }
  std::vector<Action> exchanged(truth.begin(), truth.end());
  for (Action& action : exchanged) {
    if (action.object == exchange->used) {
      action.object = exchange->unused;
    } else if (action.object == exchange->unused) {
      action.object = exchange->used;
    }
  }
  return {words(truth), words(inverse), words(exchanged), words(reversed_actions(exchanged))};
}

}  // namespace retrace::egoworld
