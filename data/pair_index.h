// Which questions ask about the same route in both directions.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct PairKey {
  std::string video;  // path of the first video
  Task task = Task::kUnknown;
  auto operator<=>(const PairKey&) const = default;
};

// Positions in the list the index was made from.
struct RoutePair {
  std::vector<size_t> forward, reverse;
  bool is_complete() const { return !forward.empty() && !reverse.empty(); }
};

// Samples without video, task or direction are in no pair. Some videos of Ego-ST have two questions
// of one kind and direction.
std::map<PairKey, RoutePair> pair_index(std::span<const Sample> samples);

std::string video_name_of(const Sample& sample);  // file name of the first video, or ""

// Fills `opposite` and nothing else: where both directions of a route ask for the same thing, the
// right option of the one is the opposite annotation of the other. Samples that have one keep it.
void fill_opposites(std::vector<Sample>& samples);

// Which option is right, from 0; nothing where the answer names none: an open question, or no
// letter of an option.
std::optional<size_t> right_index(const Sample& sample);

// Its text; "" where the answer names none.
std::string right_option(const Sample& sample);

}  // namespace retrace::data
