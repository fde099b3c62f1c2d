#include "tools/st_eval/arguments.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "data/content_hash.h"
#include "model/adapter_config.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "rl/run_config.h"
#include "rollout/rollout_options.h"
#include "tools/command_line.h"
#include "tools/st_eval/fingerprint.h"

namespace retrace::st_eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter = R"(
Writes D/results.json, D/results.md, D/report.html, D/verdicts.jsonl (what became of every question)
and D/answers.jsonl (as they are given: the same command goes on after an interruption).

Comparing two result folders, with paired bootstrap intervals: st_eval compare --help

Examples:
  mpirun -n 2 st_eval --model runs/st_r1/final --recipe runs/st_r1/config.yaml \
      --data world/qa.jsonl --blind --out results/st_r1
  st_eval --model runs/lora/final_adapter --base Qwen2-VL-2B-Instruct --data world/qa.jsonl --out lora
  st_eval --data world/qa.jsonl --answers predictions.jsonl --out results/other_model
  st_eval compare results/base results/st_r1

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 bad data or checkpoint, 4 another rank or the
network failed, 130/143 interrupted (answers so far are kept))";

bool holds_adapters(const fs::path& folder) {
  return model::has_adapter_files(folder) && !core::is_present(folder / model::kWeightsFile) &&
         !core::is_present(folder / model::kWeightsIndexFile);
}

// Empty where the model needs none.
fs::path base_of(const Arguments& a) {
  if (!holds_adapters(a.model)) {
    if (a.base.empty()) return {};
    core::throw_<core::ConfigError>("--base: is for adapters, but --model {} holds none ({})",
                                    a.model.string(), model::kAdapterConfigFile);
  }
  if (!a.base.empty()) return a.base;
  const std::string named = model::adapter_base(a.model);
  if (fs::is_directory(named)) return named;
  core::throw_<core::CheckpointError>(
      "{}: holds adapters of '{}' (base_model_name_or_path), which is no folder here; give the "
      "folder of that model as --base",
      (a.model / model::kAdapterConfigFile).string(), named);
}

// Written only where they are in use, so that answers of versions without them can go on.
void add_later_settings(const Arguments& a, const ModelOptions& options, Settings& settings) {
  if (a.questions.skip_broken) settings.emplace_back("skip_broken", "yes");
  const kernels::SamplingOptions off{}, &sampling = options.sampling;
  if (sampling.temperature == 0) return;  // greedy: without effect
  if (sampling.top_k != off.top_k) settings.emplace_back("top_k", std::to_string(sampling.top_k));
  if (sampling.top_p != off.top_p)
    settings.emplace_back("top_p", fmt::format("{}", sampling.top_p));
}

void add_question_options(CLI::App& app, QuestionFiles& questions) {
  app.add_option("--data", questions.files, "question files")->required();
  app.add_option("--video-root", questions.video_root, "as data.video_root of a recipe");
  app.add_flag("--allow-text-only", questions.allow_text_only, "accept questions without video");
  app.add_flag("--skip-broken", questions.skip_broken,
               "leave out records that cannot be used, with a warning for each");
  app.add_option("--max-samples", questions.max_samples, "the first so many; 0: all")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_options(CLI::App& app, Arguments& a) {
  app.add_option("--model", a.model,
                 "model folder in Hugging Face layout, or LoRA adapters in PEFT's");
  app.add_option("--base", a.base, "model that the adapters belong to (default: as they say)");
  app.add_option("--answers", a.answers, "score these instead: {\"id\", \"text\"} a line");
  add_question_options(app, a.questions);
  app.add_option("--out", a.out, "folder of the results")->required();
  app.add_flag("--blind", a.blind, "also the blind twin: every frame painted grey");
  app.add_option("--judge", a.judge, "of route descriptions")
      ->check(tools::one_of({"rules", "http", "local", "none"}))
      ->capture_default_str();
  app.add_option("--judge-threads", a.judge_threads, "routes judged at the same time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--recipe", a.recipe,
                 "video, image, prompt and rollout sections are taken from it");
  app.add_option("--set", a.overrides, "override a value of them: a.b=v (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--prompt", a.prompt, "prompt template; holds {problem} once");
  app.add_option("--system", a.system, "system message (default: the checkpoint's)");
  app.add_option("--temperature", a.temperature, "0: greedy")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--max-new-tokens", a.max_new_tokens,
                 "of an answer (default: the recipe's, or 512)")
      ->check(CLI::Range(int64_t{1}, rollout::kMostNewTokens));
  app.add_option("--seed", a.seed, "of sampling and of the bootstrap")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--draws", a.draws, "bootstrap draws")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--name", a.name, "what the tables call the model (default: --model)");
  app.add_option("--trained-on", a.trained_on, "Train column of Table 4");
  app.add_option("--deadline-seconds", a.deadline_seconds, "how long a rank waits for the others")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.footer(kFooter);
}

void check_arguments(const Arguments& a) {
  if (a.model.empty() == a.answers.empty()) {
    core::throw_<core::ConfigError>(
        "expected either --model (to be asked) or --answers (to be scored), found {}",
        a.model.empty() ? "neither" : "both");
  }
  if (!a.base.empty() && a.model.empty())
    core::throw_<core::ConfigError>("--base: needs --model, the folder of its adapters");
  if (a.blind && !a.answers.empty())
    core::throw_<core::ConfigError>(
        "--blind: needs --model; blind answers of --answers are told by their field 'view'");
}

ModelOptions model_options(const Arguments& a) {
  ModelOptions options = read_model_options(a.recipe, a.overrides);
  options.model = a.model;
  options.base = base_of(a);
  if (!a.prompt.empty()) options.prompt.text_template = a.prompt;
  if (!a.system.empty()) options.prompt.system = a.system;
  options.sampling.temperature = a.temperature;
  if (a.max_new_tokens > 0) options.max_new_tokens = a.max_new_tokens;
  options.seed = a.seed;
  return options;
}

Settings data_settings(const Arguments& a) {
  Settings settings;
  for (const fs::path& file : a.questions.files)
    settings.emplace_back(std::string(kDataSetting) + file.filename().string(), file_hash(file));
  return settings;
}

Settings settings_of(const Arguments& a, const ModelOptions& options) {
  Settings settings;
  settings.emplace_back("model", model_hash(options.model));
  if (!options.base.empty()) settings.emplace_back("base", model_hash(options.base));
  for (auto& setting : data_settings(a)) settings.push_back(std::move(setting));
  settings.emplace_back("max_samples", std::to_string(a.questions.max_samples));
  settings.emplace_back("video_root", a.questions.video_root.string());
  settings.emplace_back("allow_text_only", a.questions.allow_text_only ? "yes" : "no");
  std::string set;
  std::vector<std::string> overrides;  // a judge's do not change an answer
  for (const std::string& setting : a.overrides) {
    if (setting.starts_with("judge.")) continue;
    overrides.push_back(setting);
    set += setting + " ";
  }
  // With what it builds on (base: other.yaml).
  settings.emplace_back(
      "recipe", a.recipe.empty()
                    ? ""
                    : data::text_hash(rl::read_run_config(a.recipe, overrides).resolved_yaml));
  settings.emplace_back("set", set);
  settings.emplace_back("prompt", options.prompt.text_template);
  settings.emplace_back("system", options.prompt.system);
  settings.emplace_back("temperature", fmt::format("{}", options.sampling.temperature));
  settings.emplace_back("max_new_tokens", std::to_string(options.max_new_tokens));
  settings.emplace_back("seed", std::to_string(options.seed));
  add_later_settings(a, options, settings);
  return settings;
}

}  // namespace retrace::st_eval
