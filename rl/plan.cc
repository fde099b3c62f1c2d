#include "rl/plan.h"

#include <fmt/format.h>

#include "core/progress.h"
#include "model/weights.h"
#include "rl/media_options.h"
#include "rl/stage.h"
#include "rl/start_weights.h"

namespace retrace::rl {
namespace {

// Sustained float32 rate of one rank on a current x86 core, for the time estimate only.
constexpr double kFlopsPerRank = 40e9;

int64_t count_parameters(const model::ModelConfig& config) {
  int64_t total = 0;
  for (const model::ParameterSpec& spec : model::parameter_specs(config)) {
    int64_t size = 1;
    for (const int64_t dim : spec.shape) size *= dim;
    total += size;
  }
  return total;
}

int64_t prompt_tokens(const RunConfig& config, const model::ModelConfig& model_config,
                      const TrainSection& section, const data::Sample& sample) {
  const model::Tokenizer tokenizer = model::Tokenizer::from_folder(config.model.path);
  const model::Processor processor = model::read_processor(config.model.path, model_config);
  data::FrameCache cache(frame_options(config.video, model_config, processor), 0);
  const PromptBuilder builder({tokenizer, model_config, processor, cache},
                              prompt_options(config, section.text_template),
                              image_options(config.image, model_config, processor));
  return static_cast<int64_t>(builder.build(sample).tokens.ids.size());
}

struct StageCost {
  double rows = 0;     // packed training rows a step
  double decoded = 0;  // tokens decoded a step
};

std::string describe_stage(std::string_view name, const TrainSection& section, int64_t num_samples,
                           int world_size, double parameters, const StageCost& cost) {
  const int64_t steps = stage_steps(section, num_samples);
  // 6 flops a parameter and row for the update, 2 for the reference, 2 for each prefill row and
  // decoded token.
  const double flops = parameters * (8 * cost.rows + 2 * cost.decoded);
  const double seconds = static_cast<double>(steps) * flops / (kFlopsPerRank * world_size);
  return fmt::format(
      "  {}: {} samples, {} steps of {} prompts = {:.2f} epochs; {} prompts a rank and step; about "
      "{:.0f} rows a step, at "
      "most about {}\n",
      name, num_samples, steps, section.prompts_per_step,
      static_cast<double>(steps * section.prompts_per_step) / static_cast<double>(num_samples),
      section.prompts_per_step / world_size, cost.rows, core::format_duration(seconds));
}

}  // namespace

std::string describe_plan(const RunConfig& config, int world_size) {
  const model::ModelConfig model_config = model::read_model_config(config.model.path);
  const auto parameters = static_cast<double>(count_parameters(model_config));
  const bool has_reference = config.grpo.enabled() && config.grpo.loss.kl_coefficient != 0;
  const auto trained =
      static_cast<double>(count_trained(config, model::parameter_specs(model_config)));
  // float32: the weights; gradients and two moments of what trains, as large as the buffer it lies
  // in; the frozen reference. With LoRA the base is shared and the buffer is the adapters'.
  const bool has_adapters = config.model.lora.enabled();
  const double megabytes = 4e-6 * (has_adapters ? parameters + trained * (has_reference ? 5 : 4)
                                                : parameters * (has_reference ? 5 : 4));
  std::string text = fmt::format(
      "plan: {} ranks, {:.2f} M parameters, {:.2f} M trained{}, {:.0f} MB of weights and optimizer "
      "state a rank\n",
      world_size, parameters / 1e6, trained / 1e6, has_adapters ? " (adapters)" : "", megabytes);
  if (config.sft.enabled()) {
    const std::vector<data::Sample> samples = load_demonstrations(config.sft);
    const double rows = static_cast<double>(
        config.sft.prompts_per_step * prompt_tokens(config, model_config, config.sft, samples[0]));
    text += describe_stage("sft", config.sft, static_cast<int64_t>(samples.size()), world_size,
                           parameters, {rows, 0});
  }
  if (config.grpo.enabled()) {
    const std::vector<data::Sample> samples = load_samples(config.grpo.data);
    const auto prompts = static_cast<double>(config.grpo.prompts_per_step);
    const double decoded =
        prompts * static_cast<double>(config.grpo.group_size * config.rollout.max_new_tokens);
    const double rows = prompts * static_cast<double>(prompt_tokens(config, model_config,
                                                                    config.grpo, samples[0])) +
                        decoded;
    text += describe_stage("grpo", config.grpo, static_cast<int64_t>(samples.size()), world_size,
                           parameters, {rows, decoded});
    text += fmt::format(
        "        {} completions a prompt: {} a step, {} a rank and step, {} update(s) of {} "
        "completions\n",
        config.grpo.group_size, config.grpo.prompts_per_step * config.grpo.group_size,
        config.grpo.prompts_per_step * config.grpo.group_size / world_size,
        config.grpo.updates_per_rollout,
        config.grpo.prompts_per_step * config.grpo.group_size / config.grpo.updates_per_rollout);
  }
  return text;
}

}  // namespace retrace::rl
