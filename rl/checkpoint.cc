#include "rl/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "model/adapter_files.h"
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
  return {{"global_step", state.global_step}, {"stage", state.stage},
          {"stage_step", state.stage_step},   {"reference", state.reference},
          {"frozen_base", state.frozen_base}, {"evaluations", table}};
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

bool has_values(const model::SafetensorsReader& reader, const std::string& name,
                int64_t num_values) {
  return reader.has(name) && reader.shape(name) == std::vector<int64_t>{num_values};
}

void require_values(const model::SafetensorsReader& reader, const fs::path& file,
                    const std::string& name, int64_t num_values) {
  if (has_values(reader, name, num_values)) return;
  core::throw_<core::CheckpointError>(
      "{}: '{}' is missing or does not have {} values; was the model, model.train_vision or "
      "model.lora changed?",
      file.string(), name, num_values);
}

void load_checkpoint_adapters(const fs::path& checkpoint, model::Weights& weights) {
  if (!model::has_adapter_files(checkpoint)) {
    core::throw_<core::CheckpointError>(
        "{}: expected adapters (adapter_config.json), found none; go on without model.lora, or "
        "start a new run with this folder as model.path",
        checkpoint.string());
  }
  const model::Adapters stored = model::load_adapters(checkpoint, weights);
  model::Adapters& adapters = *weights.adapters();
  const model::LoraOptions &was = stored.options(), &is = adapters.options();
  const bool same_layers =
      std::equal(stored.parameters().specs().begin(), stored.parameters().specs().end(),
                 adapters.parameters().specs().begin(), adapters.parameters().specs().end(),
                 [](const auto& a, const auto& b) { return a.name == b.name; });
  if (was.rank != is.rank || was.scaling() != is.scaling() || !same_layers) {
    core::throw_<core::CheckpointError>(
        "{}: the adapters are not those of model.lora: rank {} and {}, scaling {} and {}, {} and "
        "{} layers; go on with the options of that run",
        checkpoint.string(), was.rank, is.rank, was.scaling(), is.scaling(),
        stored.entries().size(), adapters.entries().size());
  }
  const at::NoGradGuard no_grad;
  adapters.parameters().flat().copy_(stored.parameters().flat());
}

}  // namespace

std::string checkpoint_name(int64_t global_step) {
  return fmt::format("{}{:06d}", kPrefix, global_step);
}

void save_checkpoint(const fs::path& checkpoint, const fs::path& source_folder,
                     const model::Weights& weights, const AdamW* optimizer,
                     const TrainerState& state, const model::SaveOptions& options) {
  if (fs::exists(checkpoint)) return;
  const fs::path temporary = core::temporary_sibling(checkpoint);
  fs::remove_all(temporary);
  fs::create_directories(temporary / "trainer_state");
  if (weights.adapters() != nullptr) {
    model::copy_processor_files(temporary, source_folder);
    model::save_adapters(temporary, *weights.adapters(), fs::absolute(source_folder).string());
  } else {
    model::save_model(temporary, source_folder, weights, options);
    if (options.dtype != at::kFloat)
      model::write_safetensors(weights_file(temporary), {{"flat", weights.flat().detach()}});
  }
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
    state.frozen_base = json.value("frozen_base", "");
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
  if (weights.adapters() != nullptr) {
    load_checkpoint_adapters(checkpoint, weights);
    return;
  }
  if (model::has_adapter_files(checkpoint)) {
    core::throw_<core::CheckpointError>(
        "{}: expected a whole model, found adapters; go on with the model.lora of that run",
        checkpoint.string());
  }
  if (!fs::exists(weights_file(checkpoint))) {
    model::load_weights(checkpoint, weights);
    return;
  }
  const model::SafetensorsReader reader(weights_file(checkpoint));
  require_values(reader, weights_file(checkpoint), "flat", weights.num_parameters());
  reader.read_float("flat", weights.flat());
}

bool has_optimizer(const fs::path& checkpoint) {
  return fs::exists(optimizer_file(checkpoint));
}

void load_optimizer(const fs::path& checkpoint, AdamW& optimizer) {
  const model::SafetensorsReader reader(optimizer_file(checkpoint));
  for (const auto& [name, moment] :
       {std::pair{"exp_avg", &optimizer.exp_avg}, {"exp_avg_sq", &optimizer.exp_avg_sq}}) {
    const int64_t num_all = optimizer.num_parameters();
    // Of a run whose tower trained, or of a version that stored zeros for a frozen one.
    if (moment->numel() < num_all && has_values(reader, name, num_all)) {
      at::Tensor all = at::empty({num_all}, at::kFloat);
      reader.read_float(name, all);
      moment->copy_(optimizer.of_trained(all));
    } else {
      require_values(reader, optimizer_file(checkpoint), name, moment->numel());
      reader.read_float(name, *moment);
    }
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
