// What is in a set of questions: the counts that tables about it are made of.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct SourceCount {
  int64_t num_records = 0, num_videos = 0;
};

struct Census {
  int64_t num_records = 0, num_videos = 0;
  std::map<std::pair<Task, TravelDirection>, int64_t> by_kind;
  int64_t num_pair_keys = 0;                 // (video, task) seen in either direction
  int64_t num_complete_pairs = 0;            // seen in both
  std::map<std::string, int64_t> by_answer;  // "A": 218
  std::map<size_t, int64_t> by_num_options;  // 4: 511
  std::map<std::string, SourceCount> by_source;
  double majority_accuracy = 0;  // of always giving the most frequent letter
  double chance_accuracy = 0;    // mean of 1 / number of options
};
Census take_census(std::span<const Sample> samples);

// What is wrong with a file of the Ego-ST training set.
struct EgoStDefects {
  int64_t stem_of_other_task = 0;     // action questions with the words of landmark questions
  int64_t thought_of_other_task = 0;  // thoughts that call directions landmarks
  int64_t repeated_prefix = 0;        // the first sentence twice
  int64_t comma_in_option = 0;
  int64_t fewer_than_two_options = 0;
  int64_t period_options = 0, period_answers = 0;  // options that end in a period; of them right
  int64_t three_options_A = 0, two_options_B = 0;  // right answers of such questions
};
EgoStDefects find_defects(std::span<const Sample> samples);

// How the two annotations of a route relate, over keys with one question a direction.
struct InverseCounts {
  int64_t num_pairs = 0;
  int64_t identical = 0;       // the same list in both directions
  int64_t exact_reversal = 0;  // the forward list read backwards, at least two steps
  int64_t with_turns = 0;      // the forward list has at least one left or right
  int64_t turns_inverted = 0;  // of these: lefts and rights reversed in order and swapped
};
InverseCounts count_inverses(std::span<const Sample> samples, Task task);

}  // namespace retrace::data
