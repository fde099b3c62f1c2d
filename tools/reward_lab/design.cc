#include "tools/reward_lab/design.h"

#include "rl/reward_section.h"

namespace retrace::reward_lab {
namespace {

std::vector<reward::RewardSpec> read_specs(const std::filesystem::path& file) {
  core::ConfigNode root = core::ConfigNode::from_file(file);
  if (root.has("reward")) {  // a whole recipe: its other sections are none of our business
    rl::RewardSection section;
    rl::read_reward(root, section);
    return section.rewards;
  }
  std::vector<reward::RewardSpec> specs = reward::read_rubric(root);
  root.finish();
  return specs;
}

reward::RewardInput input_of(const SavedCompletion& completion, const data::Sample& sample) {
  return {completion.text, completion.truncated, sample, completion.num_tokens};
}

}  // namespace

Design::Design(const std::filesystem::path& file, const reward::Judge* judge)
    : name_(file.stem().string()), rubric_(read_specs(file), {judge}) {}

std::vector<reward::Score> Design::score(const SavedGroup& group) const {
  std::vector<reward::RewardInput> inputs;
  std::vector<reward::Score> scores, shuffled;
  for (const SavedCompletion& completion : group.completions) {
    inputs.push_back(input_of(completion, group.sample));
    scores.push_back(rubric_.score(inputs.back()));
  }
  for (const SavedCompletion& completion : group.shuffled)
    shuffled.push_back(rubric_.score_shuffled(input_of(completion, group.sample)));
  rubric_.finish_group(inputs, scores, shuffled);
  return scores;
}

bool Design::lacks_shuffled(const SavedGroup& group) const {
  return group.shuffled.empty() && !group.sample.videos.empty() &&
         rubric_.needs_shuffled(group.sample);
}

}  // namespace retrace::reward_lab
