// Has a model answer the questions, over all ranks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/frame_cache.h"
#include "distributed/communicator.h"
#include "kernels/sampling.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rl/media_sections.h"
#include "rl/prepared_prompt.h"
#include "rollout/engine.h"
#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/question.h"

namespace retrace::st_eval {

struct ModelOptions {
  std::filesystem::path model;  // in Hugging Face layout, or adapters in PEFT's
  std::filesystem::path base;   // the model that adapters belong to; empty without adapters
  rl::VideoSection video;
  rl::ImageSection image;
  rl::PromptOptions prompt;
  kernels::SamplingOptions sampling{.temperature = 0};  // greedy
  int64_t max_new_tokens = 512;
  int64_t tile_rows = 32;
  uint64_t seed = 1;
};

// The sections video, image, prompt and rollout of a recipe (or of a run's config.yaml), with
// overrides "a.b=v", but greedy; no recipe: those of an empty one. Throws ConfigError.
ModelOptions read_model_options(const std::filesystem::path& recipe,
                                const std::vector<std::string>& overrides);

class AnsweringModel {
 public:
  // Throws ConfigError and CheckpointError.
  explicit AnsweringModel(const ModelOptions& options);
  // One answer a question. It depends on the question, its index and the options alone. A question
  // whose prompt or media cannot be read gets an answer with `error`.
  std::vector<Answer> answer(const std::vector<const Question*>& questions, View view) const;

 private:
  std::unique_ptr<model::Tokenizer> tokenizer_;
  std::unique_ptr<model::QwenVl> model_;
  model::Processor processor_;
  std::unique_ptr<data::FrameCache> frames_;
  std::unique_ptr<rl::PromptBuilder> prompts_;
  std::unique_ptr<rollout::RolloutEngine> engine_;
  uint64_t seed_;
  int64_t max_new_tokens_;
};

// Answers what `file` does not hold yet; ranks share the questions, rank 0 alone has the file
// (null elsewhere). A collective call. Returns the signal that stopped it early, or 0. Throws
// DataError if all are to be answered and no video or image of them exists.
int answer_missing(const AnsweringModel& model, const std::vector<Question>& questions, View view,
                   AnswersFile* file, distributed::Communicator& communicator);

}  // namespace retrace::st_eval
