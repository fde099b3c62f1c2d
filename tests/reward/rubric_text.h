// A rubric as a recipe writes it.
#pragma once

#include <string_view>
#include <vector>

#include "reward/rubric.h"

namespace retrace::reward::test {

inline std::vector<RewardSpec> read(std::string_view yaml) {
  core::ConfigNode root = core::ConfigNode::from_string(yaml, "recipe.yaml");
  std::vector<RewardSpec> specs = read_rubric(root);
  root.finish();
  return specs;
}

}  // namespace retrace::reward::test
