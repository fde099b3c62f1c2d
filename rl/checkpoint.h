// Checkpoints of a run: a Hugging Face model folder with a trainer_state/ folder beside the
// weights. A run with LoRA stores its adapters in PEFT's layout instead of a model; the base stays
// where it is. A checkpoint appears whole or not at all (written under a temporary name, then
// renamed).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/checkpoint_writer.h"
#include "model/weights.h"
#include "rl/optimizer.h"

namespace retrace::rl {

// One line of the final table: a model of the run, evaluated.
struct EvalRow {
  std::string label;  // "base", "SFT", "SFT+GRPO"
  std::string group;  // "all", "forward", "reverse", "direction/forward", ...
  bool blind = false;
  int64_t correct = 0, total = 0;
};

struct TrainerState {
  int64_t global_step = 0;  // optimizer steps of the run so far
  std::string stage;        // the stage the checkpoint is in
  int64_t stage_step = 0;   // its steps so far
  std::string reference;    // name of the checkpoint that is the KL reference; empty before grpo
  std::string frozen_base;  // with LoRA: base_fingerprint() of the weights that do not train
  std::vector<EvalRow> table;
};

// "step-000100".
std::string checkpoint_name(int64_t global_step);

// `source_folder` gives config, tokenizer and processor files, and is the base model that adapters
// name. `optimizer` may be null (between stages). A model is stored in options.dtype; where that is
// not float32, trainer_state/ holds the float32 weights. Adapters are always float32. Replaces
// nothing: an existing checkpoint of that name is left as it is. Throws CheckpointError or
// DataError.
void save_checkpoint(const std::filesystem::path& checkpoint,
                     const std::filesystem::path& source_folder, const model::Weights& weights,
                     const AdamW* optimizer, const TrainerState& state,
                     const model::SaveOptions& options);

TrainerState read_trainer_state(const std::filesystem::path& checkpoint);
// The exact float32 values of what trains: the whole model, or the adapters that `weights` carries,
// which must be of the same options. Throws CheckpointError.
void load_checkpoint_weights(const std::filesystem::path& checkpoint, model::Weights& weights);
// Moments of the whole set are taken for what trains of it. Throws CheckpointError if the
// checkpoint has no optimizer state or it does not fit.
void load_optimizer(const std::filesystem::path& checkpoint, AdamW& optimizer);
bool has_optimizer(const std::filesystem::path& checkpoint);

// The complete checkpoint with the most steps in `folder`, if any.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder);
// Deletes all but the newest `keep_last` (0: deletes none) and those named in `keep`.
void prune_checkpoints(const std::filesystem::path& folder, int64_t keep_last,
                       const std::vector<std::string>& keep);

}  // namespace retrace::rl
