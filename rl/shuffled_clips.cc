#include "rl/shuffled_clips.h"

#include <ATen/ATen.h>

namespace retrace::rl {

ShuffledClips::ShuffledClips(const RunContext& context, const reward::Rubric& rubric)
    : context_(context),
      rubric_(rubric),
      frame_stream_(context.config.run.seed, "frame shuffle"),
      sampling_stream_(context.config.run.seed, "sampling about shuffled frames") {}

void ShuffledClips::prepare(std::vector<PromptWork>& work) const {
  const at::NoGradGuard no_grad;
  for (PromptWork& item : work) {
    if (item.sample->videos.empty() || !rubric_.needs_shuffled(*item.sample)) continue;
    ShuffledWork& shuffled = item.shuffled.emplace();
    shuffled.prompt = context_.prompts.build_shuffled(
        *item.sample, frame_stream_.substream(static_cast<uint64_t>(item.slot)));
    shuffled.vision_rows = VisionRows(context_.policy, shuffled.prompt, false).detached();
  }
}

rollout::RolloutRequest ShuffledClips::request(const PromptWork& item) const {
  return {&item.shuffled->prompt.tokens, item.shuffled->vision_rows,
          rubric_.num_shuffled(context_.config.grpo.group_size),
          sampling_stream_.substream(static_cast<uint64_t>(item.slot))};
}

}  // namespace retrace::rl
