// Drives a run: evaluate the base, then each stage step by step with metrics, evaluations and
// checkpoints.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics.h"
#include "data/frame_cache.h"
#include "distributed/communicator.h"
#include "model/checkpoint_writer.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rl/checkpoint.h"
#include "rl/run_config.h"
#include "rl/run_folder.h"
#include "rl/stage.h"

namespace retrace::rl {

struct RunOutcome {
  std::vector<EvalRow> table;
  int interrupted_by = 0;  // signal number; 0: ran to the end
};

class Trainer {
 public:
  // Loads model, tokenizer and data, and prepares the run folder: a collective call that throws the
  // same error on every rank. `resume`: "" starts anew and refuses a folder that already holds a
  // run; "auto" goes on from the newest checkpoint, if any; otherwise a checkpoint folder. `config`
  // outlives the trainer.
  Trainer(const RunConfig& config, distributed::Communicator& communicator,
          const std::string& resume);
  ~Trainer();
  RunOutcome run();

 private:
  void set_up(const std::string& resume);
  void load_model();
  void load_data();
  void choose_start(const std::string& resume);
  // Throws now what the rubric and the engine would throw when the first stage that samples starts.
  void check_sampling();
  // With the prompts of "sft", "grpo" or "eval".
  RunContext context(std::string_view use);
  void make_prompts(const std::string& use, const std::string& text_template);
  std::unique_ptr<Stage> make_stage(std::string_view name);
  std::unique_ptr<model::QwenVl> load_reference();
  model::SaveOptions save_options() const;
  // Makes `final` a model folder: the last checkpoint, or with LoRA the merged model.
  void publish_final();
  void run_stage(Stage& stage, int64_t first_step);
  void save_and_say_how_to_go_on(Stage& stage);
  void save_if_it_fails(Stage& stage, const std::function<void()>& work);
  void write_metrics(std::string_view stage, const std::vector<core::Metric>& metrics);
  // Evaluates on the held-out questions and their blind twin; a non-empty label adds rows to the
  // table.
  void evaluate_now(const std::string& label);
  void save(const AdamW* optimizer);
  bool is_root() const { return communicator_.rank() == 0; }

  const RunConfig& config_;
  distributed::Communicator& communicator_;
  RunFolder folder_;
  std::unique_ptr<model::Tokenizer> tokenizer_;
  std::unique_ptr<model::QwenVl> policy_;
  std::unique_ptr<data::FrameCache> frames_;
  model::Processor processor_;
  std::map<std::string, PromptBuilder, std::less<>> prompts_;  // by use
  std::unique_ptr<reward::Judge> judge_;                       // null where no reward asks one
  std::vector<data::Sample> sft_samples_, grpo_samples_, eval_samples_;
  std::unique_ptr<core::MetricsWriter> metrics_;  // rank 0
  TrainerState state_;
  int64_t last_saved_step_ = -1;
  std::optional<std::filesystem::path> resumed_from_;
  int interrupted_by_ = 0;
};

}  // namespace retrace::rl
