// Temporal contrast (T-GRPO, Video-R1, arXiv 2503.21776): a group is paid for doing better with
// frames in order than with frames shuffled.
#pragma once

#include <cstdint>
#include <string>

#include "core/config_node.h"
#include "reward/group_reward.h"

namespace retrace::reward {

struct TemporalContrastOptions {
  std::string accuracy = "letter";
  double correct_above = 0.1;  // completions paid: accuracy above this
  double ratio = 1.0;          // Video-R1: 0.8
  bool strict = true;          // Video-R1: false
  int64_t num_shuffled = 0;    // completions about the shuffled clip; 0: half a group (Video-R1)
};

TemporalContrastOptions read_temporal_contrast_options(core::ConfigNode& node);

// With m the group's mean accuracy and s that of the completions about the same clip with its
// frames in another order: 1 for every completion with accuracy above correct_above if m > ratio s
// (strict) or m >= ratio s, else 0. 0 for samples without video: there is no order to tell. Means
// are over known values; not judged: a completion whose accuracy is unknown, and the whole group if
// all of one side are, or if there are no completions about the shuffled clip of a sample with a
// video (they come from the trainer alone).
//
// The release tests m >= 0.8 s, which holds for a model that does not look at the order at all; so
// the default asks for more than s.
class TemporalContrast : public GroupRewardFn {
 public:
  explicit TemporalContrast(TemporalContrastOptions options) : options_(std::move(options)) {}
  std::string_view name() const override { return "temporal_contrast"; }
  std::string_view accuracy() const override { return options_.accuracy; }
  int64_t num_shuffled(int64_t group_size) const override;
  std::vector<std::optional<double>> score(const GroupInput& input) const override;

 private:
  TemporalContrastOptions options_;
};

}  // namespace retrace::reward
