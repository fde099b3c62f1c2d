#include "rl/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/files.h"
#include "core/logging.h"
#include "core/progress.h"
#include "model/checkpoint_writer.h"
#include "rl/agreement.h"
#include "rl/evaluation.h"
#include "rl/grpo_stage.h"
#include "rl/judge_factory.h"
#include "rl/media_options.h"
#include "rl/recipe_key.h"
#include "rl/resume_point.h"
#include "rl/sft_stage.h"
#include "rl/start_weights.h"
#include "rl/summary.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kStageOrder = {"sft", "grpo"};

const TrainSection& section(const RunConfig& config, std::string_view stage) {
  return stage == "sft" ? static_cast<const TrainSection&>(config.sft) : config.grpo;
}

// The name of a model after a stage, in the table.
std::string stage_label(const RunConfig& config, std::string_view stage) {
  if (stage == "sft") return "SFT";
  return config.sft.enabled() ? "SFT+GRPO" : "GRPO";
}

}  // namespace

Trainer::Trainer(const RunConfig& config, distributed::Communicator& communicator,
                 const std::string& resume)
    : config_(config), communicator_(communicator), folder_(config.run.dir) {
  run_on_all_ranks(communicator_, [&] { set_up(resume); });
  run_on_all_ranks(communicator_, [&] {
    if (!is_root()) return;
    folder_.create(config_.resolved_yaml, communicator_.size());
    // A start anew keeps no lines of an attempt that never reached its first checkpoint.
    core::MetricsWriter::truncate_after(folder_.root(), resumed_from_ ? state_.global_step : -1);
    metrics_ = std::make_unique<core::MetricsWriter>(folder_.root());
  });
  core::init_logging({communicator_.rank(), communicator_.size(), folder_.log()});
}

Trainer::~Trainer() = default;

void Trainer::set_up(const std::string& resume) {
  validate_for_ranks(config_, communicator_.size());
  choose_start(resume);
  load_model();
  load_data();
  check_sampling();
}

void Trainer::choose_start(const std::string& resume) {
  resumed_from_ = choose_resume_point(folder_, resume);
  if (!resumed_from_) return;
  state_ = read_trainer_state(*resumed_from_);
  last_saved_step_ = state_.global_step;
}

void Trainer::load_model() {
  const fs::path& source = config_.model.path;
  const auto read = [&](const auto& of) { return under_key("model.path", of); };
  model::ModelConfig model_config = read([&] { return model::read_model_config(source); });
  tokenizer_ = read(
      [&] { return std::make_unique<model::Tokenizer>(model::Tokenizer::from_folder(source)); });
  model::Weights weights = start_weights(config_, model_config, resumed_from_);
  const std::string base = base_fingerprint(weights);
  if (resumed_from_ && !state_.frozen_base.empty() && base != state_.frozen_base) {
    core::throw_<core::CheckpointError>(
        "{}: the adapters were trained on a base with fingerprint {}, but {} gives {}; expected "
        "the "
        "weights the run began with: put them back, or start a new run with model.lora.path",
        resumed_from_->string(), state_.frozen_base,
        config_.model.random_init ? "the seed" : source.string(), base);
  }
  state_.frozen_base = base;
  policy_ = std::make_unique<model::QwenVl>(std::move(model_config), std::move(weights));
  processor_ = read([&] { return model::read_processor(source, policy_->config()); });
  frames_ = std::make_unique<data::FrameCache>(
      frame_options(config_.video, policy_->config(), processor_), config_.video.cache_mb << 20,
      open_disk_cache(config_.video));
  make_prompts("sft", config_.sft.text_template);
  make_prompts("grpo", config_.grpo.text_template);
  make_prompts("eval", config_.eval.text_template);
}

void Trainer::make_prompts(const std::string& use, const std::string& text_template) {
  prompts_.emplace(
      use, PromptBuilder(PromptSources{*tokenizer_, policy_->config(), processor_, *frames_},
                         prompt_options(config_, text_template),
                         image_options(config_.image, policy_->config(), processor_)));
}

void Trainer::load_data() {
  if (config_.sft.enabled()) sft_samples_ = load_demonstrations(config_.sft);
  if (config_.grpo.enabled())
    grpo_samples_ = load_questions(config_.grpo.data, needs_solution(config_.reward));
  if (!config_.eval.data.files.empty()) {
    const OptionOrder order(config_.eval.data, config_.run.seed,
                            "eval");  // the same in every evaluation
    for (const data::Sample& sample : load_letter_questions(config_.eval.data))
      eval_samples_.push_back(*order.draw(sample, sample.index));
  }
}

void Trainer::check_sampling() {
  if (config_.grpo.enabled()) {
    judge_ = make_judge_if_needed(config_.judge, config_.reward);
    static_cast<void>(reward::Rubric(config_.reward.rewards, context("grpo").reward_resources));
  }
  if (config_.grpo.enabled() || !eval_samples_.empty()) {
    const rollout::RolloutOptions options =
        rollout_options(context("eval"), config_.eval.temperature);
    static_cast<void>(rollout::RolloutEngine(*policy_, *tokenizer_, options));
  }
}

RunContext Trainer::context(std::string_view use) {
  return {config_,       communicator_, *policy_, *tokenizer_, prompts_.find(use)->second,
          {judge_.get()}};
}

std::unique_ptr<model::QwenVl> Trainer::load_reference() {
  if (config_.grpo.loss.kl_coefficient == 0) return nullptr;
  if (state_.reference.empty()) {
    state_.reference = checkpoint_name(state_.global_step);
    return std::make_unique<model::QwenVl>(policy_->config(), policy_->weights().frozen_copy());
  }
  const fs::path checkpoint = find_reference(folder_, *resumed_from_, state_.reference, is_root());
  return std::make_unique<model::QwenVl>(policy_->config(),
                                         reference_weights(policy_->weights(), checkpoint));
}

std::unique_ptr<Stage> Trainer::make_stage(std::string_view name) {
  if (name == "sft") return std::make_unique<SftStage>(context(name), sft_samples_);
  return std::make_unique<GrpoStage>(context(name), grpo_samples_, load_reference(),
                                     folder_.rollouts());
}

RunOutcome Trainer::run() {
  if (state_.table.empty()) evaluate_now("base");
  const auto resumed_stage = std::find(kStageOrder.begin(), kStageOrder.end(), state_.stage);
  for (auto name = kStageOrder.begin(); name != kStageOrder.end() && interrupted_by_ == 0; ++name) {
    if (!section(config_, *name).enabled()) continue;
    const bool is_resumed = name == resumed_stage;
    if (resumed_stage != kStageOrder.end() && name < resumed_stage) continue;
    // The checkpoint that a stage starts from is the KL reference of grpo: it must exist.
    if (!is_resumed) save(nullptr);
    const std::unique_ptr<Stage> stage = make_stage(*name);
    if (is_resumed && has_optimizer(*resumed_from_))
      load_optimizer(*resumed_from_, stage->optimizer());
    if (!is_resumed) {
      state_.stage = *name;
      state_.stage_step = 0;
    }
    run_stage(*stage, state_.stage_step);
  }
  if (is_root()) {
    if (interrupted_by_ == 0) publish_final();
    if (!state_.table.empty())
      core::write_file_atomically(folder_.summary(), summary_table(state_.table));
  }
  return {state_.table, interrupted_by_};
}

void Trainer::run_stage(Stage& stage, int64_t first_step) {
  const int64_t num_steps = stage.num_steps();
  const std::string label = stage_label(config_, stage.name());
  if (first_step >= num_steps) {  // resumed where the evaluation after the last step failed
    const bool is_evaluated = std::any_of(state_.table.begin(), state_.table.end(),
                                          [&](const EvalRow& row) { return row.label == label; });
    if (num_steps > 0 && !is_evaluated) evaluate_now(label);
    return;
  }
  core::log_info("{}: steps {} to {} of {}", stage.name(), first_step + 1, num_steps, num_steps);
  core::ProgressLine progress(std::string(stage.name()), num_steps - first_step, "steps",
                              is_root());
  for (int64_t step = first_step; step < num_steps; ++step) {
    std::optional<StepReport> report;
    save_if_it_fails(stage, [&] { report = stage.run_step(step); });
    if (!report) {
      interrupted_by_ = signal_on_any_rank(communicator_);
      save_and_say_how_to_go_on(stage);
      return;
    }
    ++state_.global_step;
    state_.stage_step = step + 1;
    write_metrics(stage.name(), report->metrics);
    progress.update(step + 1 - first_step, report->headline);

    const bool last = step + 1 == num_steps;
    interrupted_by_ = signal_on_any_rank(communicator_);
    const auto is_due = [&](int64_t every) { return every > 0 && state_.global_step % every == 0; };
    if (last) {
      progress.finish(report->headline);
      save_if_it_fails(stage, [&] { evaluate_now(label); });
    } else if (is_due(config_.eval.every_steps) && interrupted_by_ == 0) {
      save_if_it_fails(stage, [&] { evaluate_now(""); });
    }
    if (interrupted_by_ != 0) {
      save_and_say_how_to_go_on(stage);
      return;
    }
    if (last || is_due(config_.checkpoint.every_steps)) save(&stage.optimizer());
  }
}

void Trainer::save_and_say_how_to_go_on(Stage& stage) {
  if (last_saved_step_ != state_.global_step) save(&stage.optimizer());
  core::log_warning("signal {}: stopped after step {}; go on with --resume auto", interrupted_by_,
                    state_.global_step);
}

// A video that cannot be read must not cost the steps since the last checkpoint. Every rank throws
// alike before anything of the step or evaluation changed the weights.
void Trainer::save_if_it_fails(Stage& stage, const std::function<void()>& work) {
  try {
    work();
  } catch (const AgreedError&) {
    if (last_saved_step_ != state_.global_step) {
      save(&stage.optimizer());
      core::log_warning("step {} is saved; when the error is mended, go on with --resume auto",
                        state_.global_step);
    }
    throw;
  }
}

void Trainer::write_metrics(std::string_view stage, const std::vector<core::Metric>& metrics) {
  if (metrics_) metrics_->write(std::string(stage), state_.global_step, metrics);
}

void Trainer::evaluate_now(const std::string& label) {
  if (eval_samples_.empty()) return;
  std::vector<core::Metric> metrics;
  for (const bool blind : {false, true}) {
    if (blind && !config_.eval.blind) continue;
    const std::string suffix = blind ? "_blind" : "";
    const fs::path details =
        folder_.evaluations() /
        fmt::format("step-{:06d}{}.jsonl", state_.global_step, blind ? "-blind" : "");
    const EvalResult result = evaluate(context("eval"), eval_samples_, blind, details);
    for (const auto& [group, count] : result.groups) {
      metrics.push_back(
          {"eval/accuracy" + suffix + (group == "all" ? "" : "/" + group), count.accuracy()});
      if (!label.empty()) state_.table.push_back({label, group, blind, count.correct, count.total});
    }
    metrics.push_back({"eval/answered" + suffix, static_cast<double>(result.all().answered) /
                                                     static_cast<double>(result.all().total)});
    core::log_info("{}{}: {:.1f} % of {} questions right, {} answered",
                   label.empty() ? "evaluation" : label, blind ? " blind" : "",
                   100 * result.all().accuracy(), result.all().total, result.all().answered);
  }
  write_metrics("eval", metrics);
}

model::SaveOptions Trainer::save_options() const {
  return {config_.checkpoint.dtype == "float32" ? at::kFloat : at::kBFloat16,
          static_cast<int64_t>(config_.checkpoint.max_shard_gb * 1e9)};
}

void Trainer::publish_final() {
  const fs::path checkpoint = folder_.checkpoints() / checkpoint_name(state_.global_step);
  if (!fs::exists(checkpoint)) return;
  if (policy_->weights().adapters() != nullptr && config_.checkpoint.merge_adapters) {
    fs::remove_all(folder_.merged());
    model::publish_model(folder_.merged(), config_.model.path, policy_->weights(), save_options());
    folder_.point(folder_.final_model(), folder_.merged());
    folder_.point(folder_.final_adapter(), checkpoint);
  } else {
    folder_.point(folder_.final_model(), checkpoint);
  }
}

void Trainer::save(const AdamW* optimizer) {
  const fs::path checkpoint = folder_.checkpoints() / checkpoint_name(state_.global_step);
  if (is_root()) {
    save_checkpoint(checkpoint, config_.model.path, policy_->weights(), optimizer, state_,
                    save_options());
    prune_checkpoints(folder_.checkpoints(), config_.checkpoint.keep_last, {state_.reference});
  }
  last_saved_step_ = state_.global_step;
  communicator_.barrier("checkpoint");
}

}  // namespace retrace::rl
