// A reward design: a name and the rubric of a YAML file. All use of reward/rubric.h is here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "reward/judge.h"
#include "reward/rubric.h"
#include "tools/reward_lab/saved_rollouts.h"

namespace retrace::reward_lab {

class Design {
 public:
  // A recipe with a section `reward`, or a file that is such a section. The name is that of the
  // file without extension. `judge` may be null and outlives the design. Throws ConfigError.
  Design(const std::filesystem::path& file, const reward::Judge* judge);

  const std::string& name() const { return name_; }
  std::vector<std::string> part_names() const { return rubric_.names(); }
  // Of the group's completions, [G].
  std::vector<reward::Score> score(const SavedGroup& group) const;
  // Whether a reward of it compares with completions about frame-shuffled clips, which the group
  // should have and lacks: that reward is then unknown.
  bool lacks_shuffled(const SavedGroup& group) const;
  // "<reward>: <why>" for each reward that can judge none of the samples.
  std::vector<std::string> unfit(const std::vector<data::Sample>& samples) const {
    return rubric_.unfit(samples);
  }

 private:
  std::string name_;
  reward::Rubric rubric_;
};

}  // namespace retrace::reward_lab
