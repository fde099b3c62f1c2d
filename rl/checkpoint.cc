#include "rl/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "model/checkpoint_files.h"
#include "model/safetensors.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "step-";

fs::path state_file(const fs::path& checkpoint) {
  return checkpoint / "trainer_state" / "state.json";
}
fs::path weights_file(const fs::path& checkpoint) {
  return checkpoint / "trainer_state" / "weights.safetensors";
}
fs::path optimizer_file(const fs::path& checkpoint) {
  return checkpoint / "trainer_state" / "optimizer.safetensors";
}

Json to_json(const TrainerState& state) {
  Json table = Json::array();
  for (const EvalRow& row : state.table) {
    table.push_back({{"label", row.label},
                     {"group", row.group},
                     {"blind", row.blind},
                     {"correct", row.correct},
                     {"total", row.total}});
  }
  return {{"global_step", state.global_step},
          {"stage", state.stage},
          {"stage_step", state.stage_step},
          {"reference", state.reference},
          {"evaluations", table}};
}

std::vector<fs::path> list_checkpoints(const fs::path& folder) {
  std::vector<fs::path> found;
  if (!fs::is_directory(folder)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(kPrefix) &&
        fs::exists(state_file(entry.path()))) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());  // fixed-width numbers
  return found;
}

}  // namespace

std::string checkpoint_name(int64_t global_step) {
  return fmt::format("{}{:06d}", kPrefix, global_step);
}

void save_checkpoint(const fs::path& checkpoint, const fs::path& source_folder,
                     const model::Weights& weights, const AdamW* optimizer,
                     const TrainerState& state, const std::string& dtype) {
  if (fs::exists(checkpoint)) return;
  const fs::path temporary = core::temporary_sibling(checkpoint);
  fs::remove_all(temporary);
  fs::create_directories(temporary / "trainer_state");
  const bool exact = dtype == "float32";
  model::save_model(temporary, source_folder, weights, exact ? at::kFloat : at::kBFloat16);
  if (!exact)
    model::write_safetensors(weights_file(temporary), {{"flat", weights.flat().detach()}});
  if (optimizer != nullptr) {
    model::write_safetensors(optimizer_file(temporary),
                             {{"exp_avg", optimizer->exp_avg},
                              {"exp_avg_sq", optimizer->exp_avg_sq},
                              {"num_steps", at::tensor({optimizer->num_steps}, at::kLong)}});
  }
  core::write_file_atomically(state_file(temporary), to_json(state).dump(2) + "\n");
  core::publish_folder(temporary, checkpoint);
}

TrainerState read_trainer_state(const fs::path& checkpoint) {
  const std::string text = core::read_text_file(state_file(checkpoint));
  try {
    const Json json = Json::parse(text);
    TrainerState state;
    state.global_step = json.at("global_step");
    state.stage = json.at("stage");
    state.stage_step = json.at("stage_step");
    state.reference = json.at("reference");
    for (const Json& row : json.at("evaluations")) {
      state.table.push_back(
          {row.at("label"), row.at("group"), row.at("blind"), row.at("correct"), row.at("total")});
    }
    return state;
  } catch (const nlohmann::json::exception& error) {
    core::throw_<core::CheckpointError>("{}: not a trainer state: {}",
                                        state_file(checkpoint).string(), error.what());
  }
}

void load_checkpoint_weights(const fs::path& checkpoint, model::Weights& weights) {
  if (!fs::exists(weights_file(checkpoint))) {
    model::load_weights(checkpoint, weights);
    return;
  }
  const model::SafetensorsReader reader(weights_file(checkpoint));
  const at::Tensor flat = reader.read("flat");
  if (flat.numel() != weights.num_parameters()) {
    core::throw_<core::CheckpointError>(
        "{}: 'flat' has {} values, the model of config.json has {} parameters",
        weights_file(checkpoint).string(), flat.numel(), weights.num_parameters());
  }
  const at::NoGradGuard no_grad;
  weights.flat().detach().copy_(flat);
}

bool has_optimizer(const fs::path& checkpoint) {
  return fs::exists(optimizer_file(checkpoint));
}

void load_optimizer(const fs::path& checkpoint, AdamW& optimizer) {
  const model::SafetensorsReader reader(optimizer_file(checkpoint));
  for (const auto& [name, moment] :
       {std::pair{"exp_avg", &optimizer.exp_avg}, {"exp_avg_sq", &optimizer.exp_avg_sq}}) {
    if (!reader.has(name) || reader.shape(name) != moment->sizes().vec()) {
      core::throw_<core::CheckpointError>(
          "{}: '{}' is missing or does not have {} values; was the model changed?",
          optimizer_file(checkpoint).string(), name, moment->numel());
    }
    moment->copy_(reader.read(name));
  }
  optimizer.num_steps = reader.read("num_steps").item<int64_t>();
}

std::optional<fs::path> latest_checkpoint(const fs::path& folder) {
  const std::vector<fs::path> found = list_checkpoints(folder);
  return found.empty() ? std::nullopt : std::optional(found.back());
}

void prune_checkpoints(const fs::path& folder, int64_t keep_last,
                       const std::vector<std::string>& keep) {
  if (keep_last == 0) return;
  const std::vector<fs::path> found = list_checkpoints(folder);
  const auto excess = static_cast<int64_t>(found.size()) - keep_last;
  for (int64_t i = 0; i < excess; ++i) {
    const fs::path& checkpoint = found[static_cast<size_t>(i)];
    if (std::find(keep.begin(), keep.end(), checkpoint.filename().string()) == keep.end())
      fs::remove_all(checkpoint);
  }
}

}  // namespace retrace::rl
