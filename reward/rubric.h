// Several rewards as one. Every raw part is kept next to the total.
//
//   total = sum over rewards k of  weight_k * raw_k * open_k
//
// open_k is 1 for a reward without a gate. With `gate: j`, an earlier reward, it is 1 where j is
// open and raw_j >= threshold_j, else 0. Tiers are a chain: each reward is gated by the one before.
//
// A part that could not be judged makes the total unknown, unless it cannot change it: its weight
// is 0, its gate is closed, or it is for samples of other tasks. An unknown gate makes what it
// gates unknown.
//
// A group reward is for samples that both its own tasks and those of its accuracy name: where the
// accuracy is not for a sample, there is nothing to build on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config_node.h"
#include "reward/reward_maker.h"

namespace retrace::reward {

struct RewardSpec {
  std::string name;
  double weight = 1.0;                 // 0: recorded, but does not count
  std::string gate = {};               // an earlier reward; "": none
  double threshold = 1.0;              // this reward opens what it gates from here on
  std::vector<data::Task> tasks = {};  // samples it is for; empty: all
  RewardMaker make = {};               // with its options; empty: with their defaults
};

struct RewardPart {
  std::string name;
  std::optional<double> raw;  // before the weight; nullopt: could not be judged
  bool applies = true;        // false: the reward is for samples of other tasks; raw is nullopt
};

struct Score {
  std::vector<RewardPart> parts;  // in the rubric's order
  std::optional<double> total;    // nullopt: unknown
};

class Rubric {
 public:
  // Throws ConfigError for no rewards, an unknown or repeated name, a number that is not finite, a
  // gate or accuracy that is no reward of the list, or a missing resource.
  explicit Rubric(const std::vector<RewardSpec>& specs, const RewardResources& resources = {});

  // One completion. Safe to call from several threads. Group rewards are left unknown: see
  // finish_group. Without group rewards the total is final.
  Score score(const RewardInput& input) const;
  // One completion about a frame-shuffled clip: asks only the accuracy of those group rewards that
  // compare with such completions. Everything else is left unknown, the total too.
  Score score_shuffled(const RewardInput& input) const;
  // Fills in the group rewards and the totals of a group's scores, [G] each. `shuffled` are what
  // score_shuffled says of the completions about frame-shuffled clips.
  void finish_group(const std::vector<RewardInput>& inputs, std::vector<Score>& scores,
                    const std::vector<Score>& shuffled = {}) const;
  // Both for a whole group.
  std::vector<Score> score_group(const std::vector<RewardInput>& inputs) const;

  // Completions about frame-shuffled clips that a group needs; 0: none.
  int64_t num_shuffled(int64_t group_size) const;
  // Whether a reward that needs them is for this sample.
  bool needs_shuffled(const data::Sample& sample) const;
  std::vector<std::string> names() const;
  // For each reward that can judge none of `samples`: "<name>: <why> (sample <i>)" of the first
  // sample that it is for. A group reward can judge what its accuracy can.
  std::vector<std::string> unfit(const std::vector<data::Sample>& samples) const;

 private:
  struct Entry {
    RewardSpec spec;
    std::unique_ptr<RewardFn> single;      // or
    std::unique_ptr<GroupRewardFn> group;  // exactly one of the two
    std::optional<size_t> gate, accuracy;  // entries; accuracy of group rewards only
    bool is_for(data::Task task) const;
    bool compares_shuffled() const;
  };
  size_t index_of(std::string_view name) const;  // size() if there is none
  void add(const RewardSpec& spec, const RewardResources& resources);
  void link_accuracy();
  bool applies(const Entry& entry, const data::Sample& sample) const;
  void sum_up(Score& score) const;

  std::vector<Entry> entries_;
};

// Reads a list of {name, weight, gate, threshold, tasks, <options of that reward>}.
std::vector<RewardSpec> read_reward_specs(core::ConfigNode& parent, std::string_view key);

// Reads `composition` (sum or tiers) and the list `rewards` of a section. Tiers become gates.
std::vector<RewardSpec> read_rubric(core::ConfigNode& section);

}  // namespace retrace::reward
