// How a recipe describes a rubric.
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "reward/builtin_rewards.h"
#include "reward/rubric.h"

namespace retrace::reward {
namespace {

enum class Composition { kSum, kTiers };

// The same rule as read_reward's, but said with the place in the file.
void check_known(const core::ConfigNode& node, const std::string& name) {
  const std::vector<std::string> known = builtin_reward_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  node.fail("name",
            fmt::format("unknown reward '{}'; known rewards: {}", name, fmt::join(known, ", ")));
}

std::vector<data::Task> read_tasks(core::ConfigNode& node) {
  std::vector<std::string> names;
  node.read("tasks", names);
  std::vector<data::Task> tasks;
  for (const std::string& name : names) {
    const std::optional<data::Task> task = data::parse_task(name);
    if (!task)
      node.fail("tasks",
                fmt::format("must be of route, direction, landmark, action, unknown, is {}", name));
    tasks.push_back(*task);
  }
  return tasks;
}

RewardSpec read_spec(core::ConfigNode& node) {
  RewardSpec spec;
  node.read("name", spec.name);
  if (spec.name.empty()) node.fail("name", "expected the name of a reward, found none");
  check_known(node, spec.name);
  node.read("weight", spec.weight);
  node.read("gate", spec.gate);
  node.read("threshold", spec.threshold);
  spec.tasks = read_tasks(node);
  node.require(std::isfinite(spec.weight), "weight", "must be a finite number", spec.weight);
  node.require(std::isfinite(spec.threshold), "threshold", "must be a finite number",
               spec.threshold);
  spec.make = read_reward(spec.name, node);
  node.finish();
  return spec;
}

}  // namespace

std::vector<RewardSpec> read_reward_specs(core::ConfigNode& parent, std::string_view key) {
  std::vector<RewardSpec> specs;
  for (core::ConfigNode& node : parent.section_list(key)) {
    RewardSpec spec = read_spec(node);
    const auto is_gate = [&](const RewardSpec& earlier) { return earlier.name == spec.gate; };
    if (!spec.gate.empty() && std::none_of(specs.begin(), specs.end(), is_gate))
      node.fail("gate", fmt::format("must be a reward listed before it, is {}", spec.gate));
    specs.push_back(std::move(spec));
  }
  return specs;
}

std::vector<RewardSpec> read_rubric(core::ConfigNode& section) {
  Composition composition = Composition::kSum;
  section.read_choice("composition", composition,
                      {{"sum", Composition::kSum}, {"tiers", Composition::kTiers}});
  std::vector<RewardSpec> specs = read_reward_specs(section, "rewards");
  if (composition == Composition::kSum) return specs;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].gate.empty()) {
      section.fail("composition",
                   fmt::format("tiers gate every reward by the one before; leave out gate of '{}'",
                               specs[i].name));
    }
    if (i > 0) specs[i].gate = specs[i - 1].name;
  }
  return specs;
}

}  // namespace retrace::reward
