#include "tools/egoworld/option_orbit.h"

#include <algorithm>

namespace retrace::egoworld {
namespace {

bool contains(std::span<const Landmark> landmarks, Landmark landmark) {
  return std::find(landmarks.begin(), landmarks.end(), landmark) != landmarks.end();
}

}  // namespace

LandmarkExchange draw_exchange(core::RandomSequence& random, std::span<const Landmark> landmarks) {
  std::vector<Landmark> absent;
  for (int64_t i = 0; i < kNumLandmarks; ++i) {
    const auto landmark = static_cast<Landmark>(i);
    if (!contains(landmarks, landmark)) absent.push_back(landmark);
  }
  const Landmark present = landmarks[random.below(landmarks.size())];
  return {present, absent[random.below(absent.size())]};
}

std::vector<WordSequence> turn_options(std::span<const Turn> truth) {
  const std::vector<Turn> mirrored = mirrored_route(truth);
  return {words(truth), words(reversed_route(truth)), words(mirrored),
          words(reversed_route(mirrored))};
}

std::vector<WordSequence> landmark_options(std::span<const Landmark> truth,
                                           LandmarkExchange exchange) {
  std::vector<Landmark> exchanged(truth.begin(), truth.end());
  for (Landmark& landmark : exchanged) {
    if (landmark == exchange.present) {
      landmark = exchange.absent;
    } else if (landmark == exchange.absent) {
      landmark = exchange.present;
    }
  }
  std::vector<WordSequence> options = {words(truth), words(truth), words(exchanged),
                                       words(exchanged)};
  std::reverse(options[1].begin(), options[1].end());
  std::reverse(options[3].begin(), options[3].end());
  return options;
}

}  // namespace retrace::egoworld
