// How often the thought of a demonstration gives the answer away to a reader who only compares
// words: the annotation of the other direction, quoted there, resembles the right option.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct Giveaway {
  int64_t num_questions = 0;
  // The right option is the first of the highest Jaccard similarity with the annotation: common
  // words over all words, a word as often as it occurs.
  int64_t num_nearest = 0;
  int64_t num_tied = 0;   // of these, where an option after it is as similar
  int64_t num_equal = 0;  // annotation and right option are the same words in the same order
};

using GiveawayByKind = std::map<std::pair<Task, TravelDirection>, Giveaway>;

// Questions with options and a known annotation (Sample::opposite). Throws DataError for an answer
// that is not the letter of an option.
GiveawayByKind giveaway(const std::vector<Sample>& samples);

}  // namespace retrace::data
