// Scores saved rollouts under several designs and keeps what the report tells: sums, and one number
// a completion and design.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/reward_lab/design.h"
#include "tools/reward_lab/saved_rollouts.h"

namespace retrace::reward_lab {

struct MeanOf {
  double sum = 0;
  int64_t count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  std::optional<double> mean() const {
    return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
  }
};

struct PartSummary {
  MeanOf raw;           // of those judged
  int64_t missing = 0;  // could not be judged, though the reward is for the sample's task
};

struct HackSummary {
  MeanOf reward, gain;    // gain: over the mean of the group's own completions
  int64_t above_all = 0;  // groups in which it earns more than each of them
  int64_t unknown = 0;    // could not be judged
};

struct DesignSummary {
  std::string name;
  std::vector<double> totals;      // of every judged completion, in order
  int64_t num_unknown = 0;         // totals that are missing
  int64_t num_groups = 0;          // with two judged completions or more
  int64_t num_dead = 0;            // of them: no two totals differ
  std::vector<double> group_stds;  // of them, as rl/advantage.h takes them
  std::map<std::string, PartSummary> parts;
  std::map<std::string, HackSummary> hacks;
  int64_t num_without_shuffled = 0;  // groups of Design::lacks_shuffled
  std::vector<std::string> unfit;    // rewards that cannot judge these samples, and why
};

// Two designs over the groups that both judged whole.
struct PairSummary {
  MeanOf kendall, spearman;     // where both order the group
  int64_t num_completions = 0;  // with an advantage in both
  int64_t num_flipped = 0;      // above the group's mean in one, below in the other
  int64_t num_silenced = 0;     // not 0 in the first, 0 in the second
  int64_t num_woken = 0;        // 0 in the first, not in the second
};

struct LabResults {
  std::vector<DesignSummary> designs;
  std::map<std::pair<size_t, size_t>, PairSummary> pairs;  // first < second
  std::vector<std::string> hack_names;                     // in their order
  int64_t num_files = 0, num_groups = 0, num_completions = 0, num_hacked = 0;
  std::vector<BadLine> bad_lines;
};

struct LabOptions {
  int64_t hack_questions = 200;  // groups that hack strings are tried on, the first so many
  int64_t fit_samples = 1000;    // samples that decide whether a reward can judge any
};

// The saved rewards come first, as the design "as saved".
LabResults run_lab(RolloutReader& reader, const std::vector<Design>& designs,
                   const LabOptions& options);

}  // namespace retrace::reward_lab
