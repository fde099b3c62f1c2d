#include "rl/plan.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "core/progress.h"
#include "model/weights.h"
#include "rl/media_options.h"
#include "rl/recipe_key.h"
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

// Builds the prompt of `sample` with the template of its use.
int64_t prompt_tokens(const RunConfig& config, const model::ModelConfig& model_config,
                      const std::string& text_template, const data::Sample& sample) {
  const auto read = [](const auto& of) { return under_key("model.path", of); };
  const auto& folder = config.model.path;
  const model::Tokenizer tokenizer = read([&] { return model::Tokenizer::from_folder(folder); });
  const model::Processor processor =
      read([&] { return model::read_processor(folder, model_config); });
  data::FrameCache cache(frame_options(config.video, model_config, processor), 0);
  const PromptBuilder builder({tokenizer, model_config, processor, cache},
                              prompt_options(config, text_template),
                              image_options(config.image, model_config, processor));
  return static_cast<int64_t>(builder.build(sample).tokens.ids.size());
}

struct StageCost {
  double rows = 0;     // packed training rows a step
  double decoded = 0;  // tokens decoded a step
};

std::string duration(double flops, int world_size) {
  return core::format_duration(flops / (kFlopsPerRank * world_size));
}

std::string describe_model(const RunConfig& config, const model::ModelConfig& model_config,
                           double parameters, int world_size) {
  const bool has_reference = config.grpo.enabled() && config.grpo.loss.kl_coefficient != 0;
  const auto trained =
      static_cast<double>(count_trained(config, model::parameter_specs(model_config)));
  // float32: the weights; gradients and two moments of what trains; the frozen reference. With LoRA
  // the base is shared, and what trains and the reference are adapters.
  const bool has_adapters = config.model.lora.enabled();
  const double megabytes =
      4e-6 * (has_adapters ? parameters + trained * (has_reference ? 5 : 4)
                           : parameters * (has_reference ? 2 : 1) + trained * 3);
  return fmt::format(
      "plan: {} ranks, {:.2f} M parameters, {:.2f} M trained{}, {:.0f} MB of weights and optimizer "
      "state a rank\n",
      world_size, parameters / 1e6, trained / 1e6, has_adapters ? " (adapters)" : "", megabytes);
}

std::string describe_stage(std::string_view name, const TrainSection& section, int64_t num_samples,
                           int world_size, double parameters, const StageCost& cost) {
  const int64_t steps = stage_steps(section, num_samples);
  // 6 flops a parameter and row for the update, 2 for the reference, 2 for each prefill row and
  // decoded token.
  const double flops = static_cast<double>(steps) * parameters * (8 * cost.rows + 2 * cost.decoded);
  return fmt::format(
      "  {}: {} samples, {} steps of {} prompts = {:.2f} epochs; {} prompts a rank and step; about "
      "{:.0f} rows a step, at most about {}\n",
      name, num_samples, steps, section.prompts_per_step,
      static_cast<double>(steps * section.prompts_per_step) / static_cast<double>(num_samples),
      section.prompts_per_step / world_size, cost.rows, duration(flops, world_size));
}

// The evaluations of a run whose stages have these steps (0: off): the first, one at the end of
// each stage, and between them those that are due.
int64_t count_evaluations(std::span<const int64_t> steps_of_stages, int64_t every_steps) {
  int64_t count = 1, begin = 0;
  for (const int64_t steps : steps_of_stages) {
    if (steps == 0) continue;
    const int64_t last = begin + steps;
    ++count;
    if (every_steps > 0) count += (last - 1) / every_steps - begin / every_steps;
    begin = last;
  }
  return count;
}

std::string describe_evaluation(const RunConfig& config, const model::ModelConfig& model_config,
                                std::span<const int64_t> steps_of_stages, int world_size,
                                double parameters) {
  const std::vector<data::Sample> samples = load_letter_questions(config.eval.data);
  const auto num_questions = static_cast<int64_t>(samples.size());
  const int64_t num_evaluations = count_evaluations(steps_of_stages, config.eval.every_steps);
  const int64_t num_answers = num_questions * (config.eval.blind ? 2 : 1);
  const int64_t tokens =
      prompt_tokens(config, model_config, config.eval.text_template, samples[0]) +
      config.rollout.max_new_tokens;
  const double flops = 2 * parameters * static_cast<double>(num_evaluations * num_answers * tokens);
  return fmt::format(
      "  eval: {} questions{}, {} time(s) = {} answers of at most about {} tokens with prompt, at "
      "most about {}\n",
      num_questions, config.eval.blind ? " and their blind twins" : "", num_evaluations,
      num_evaluations * num_answers, tokens, duration(flops, world_size));
}

struct StagePlan {
  int64_t steps = 0;
  std::string text;
};

StagePlan plan_sft(const RunConfig& config, const model::ModelConfig& model_config, int world_size,
                   double parameters) {
  const std::vector<data::Sample> samples = load_demonstrations(config.sft);
  const auto num_samples = static_cast<int64_t>(samples.size());
  const double rows = static_cast<double>(
      config.sft.prompts_per_step *
      prompt_tokens(config, model_config, config.sft.text_template, samples[0]));
  return {stage_steps(config.sft, num_samples),
          describe_stage("sft", config.sft, num_samples, world_size, parameters, {rows, 0})};
}

StagePlan plan_grpo(const RunConfig& config, const model::ModelConfig& model_config, int world_size,
                    double parameters) {
  const std::vector<data::Sample> samples =
      load_questions(config.grpo.data, needs_solution(config.reward));
  const auto num_samples = static_cast<int64_t>(samples.size());
  const int64_t completions = config.grpo.prompts_per_step * config.grpo.group_size;
  const auto decoded = static_cast<double>(completions * config.rollout.max_new_tokens);
  const double rows = static_cast<double>(config.grpo.prompts_per_step *
                                          prompt_tokens(config, model_config,
                                                        config.grpo.text_template, samples[0])) +
                      decoded;
  const std::string groups = fmt::format(
      "        {} completions a prompt: {} a step, {} a rank and step, {} update(s) of {} "
      "completions\n",
      config.grpo.group_size, completions, completions / world_size,
      config.grpo.updates_per_rollout, completions / config.grpo.updates_per_rollout);
  return {
      stage_steps(config.grpo, num_samples),
      describe_stage("grpo", config.grpo, num_samples, world_size, parameters, {rows, decoded}) +
          groups};
}

}  // namespace

std::string describe_plan(const RunConfig& config, int world_size) {
  const model::ModelConfig model_config =
      under_key("model.path", [&] { return model::read_model_config(config.model.path); });
  const auto parameters = static_cast<double>(count_parameters(model_config));
  StagePlan sft, grpo;
  if (config.sft.enabled()) sft = plan_sft(config, model_config, world_size, parameters);
  if (config.grpo.enabled()) grpo = plan_grpo(config, model_config, world_size, parameters);
  std::string text =
      describe_model(config, model_config, parameters, world_size) + sft.text + grpo.text;
  if (!config.eval.data.files.empty()) {
    const std::array<int64_t, 2> steps = {sft.steps, grpo.steps};
    text += describe_evaluation(config, model_config, steps, world_size, parameters);
  }
  return text;
}

}  // namespace retrace::rl
