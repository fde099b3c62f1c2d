#include "model/checkpoint_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "model/adapter_files.h"
#include "model/json_reader.h"
#include "model/parameter_specs.h"
#include "model/safetensors.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::is_present;
using core::throw_;
namespace fs = std::filesystem;

constexpr std::string_view kHead = "lm_head.weight";
constexpr std::string_view kEmbedding = "model.embed_tokens.weight";

// Constants that old versions stored along with the parameters.
bool is_derived(std::string_view name) {
  return name.ends_with(".inv_freq");
}

std::string first_few(const std::vector<std::string>& lines) {
  constexpr size_t kShown = 5;
  const size_t shown = std::min(lines.size(), kShown);
  std::string text = fmt::format("{}", fmt::join(lines.begin(), lines.begin() + shown, "; "));
  if (lines.size() > shown) text += fmt::format("; and {} more", lines.size() - shown);
  return text;
}

// The files that hold the weights, open, and what an index says about them.
struct Shards {
  std::vector<fs::path> files;
  std::vector<SafetensorsReader> readers;  // one a file
};

using WeightMap = std::map<std::string, std::string>;  // tensor -> file name

WeightMap read_index(const fs::path& index) {
  const nlohmann::json parsed = parse_json(read_checkpoint_text(index), index.string());
  const JsonObject root(parsed, index.string());
  const JsonObject map = root.object("weight_map");
  WeightMap files;
  for (const auto& [tensor, unused] : root.at("weight_map").items()) {
    const std::string file = map.string(tensor);
    if (has_control_character(tensor)) root.fail("weight_map", "names without control characters");
    if (file.empty() || fs::path(file).filename() != file || file == "." || file == ".." ||
        has_control_character(file)) {
      map.fail(tensor, "a file name without folders and control characters");
    }
    files.emplace(tensor, file);
  }
  if (files.empty()) root.fail("weight_map", "at least one tensor");
  return files;
}

void require_listed_tensors(const fs::path& index, const WeightMap& listed, const Shards& shards) {
  std::vector<std::string> absent;
  for (const auto& [tensor, file] : listed) {
    const auto shard =
        std::lower_bound(shards.files.begin(), shards.files.end(), index.parent_path() / file);
    const auto place = static_cast<size_t>(shard - shards.files.begin());
    if (!shards.readers[place].has(tensor)) absent.push_back(tensor + " in " + file);
  }
  if (absent.empty()) return;
  throw_<CheckpointError>("{}: {} tensors are listed, but not in their file: {}", index.string(),
                          absent.size(), first_few(absent));
}

Shards open_shards(const fs::path& folder) {
  const fs::path index = folder / kWeightsIndexFile;
  const WeightMap listed = read_index(index);
  std::set<std::string> names;
  for (const auto& [tensor, file] : listed) names.insert(file);
  std::vector<std::string> absent;
  Shards shards;
  for (const std::string& name : names) {  // in order: require_listed_tensors() searches
    shards.files.push_back(folder / name);
    if (!is_present(folder / name)) absent.push_back(name);
  }
  if (!absent.empty()) {
    throw_<CheckpointError>("{}: {} of {} listed files are not there: {}; copy the folder again",
                            index.string(), absent.size(), names.size(), first_few(absent));
  }
  for (const fs::path& file : shards.files) shards.readers.emplace_back(file);
  require_listed_tensors(index, listed, shards);
  return shards;
}

std::string what_else_is_there(const fs::path& folder) {
  if (is_present(folder / "pytorch_model.bin") ||
      is_present(folder / "pytorch_model.bin.index.json")) {
    return "pytorch_model.bin; convert it to safetensors";
  }
  if (has_adapter_files(folder)) {
    return "a LoRA adapter; merge it into its base model with merge_adapters, or give it as "
           "model.lora.path and its base model as model.path";
  }
  return "neither; is this a model folder?";
}

Shards open_weight_files(const fs::path& folder) {
  if (is_present(folder / kWeightsFile)) {
    Shards shards;
    shards.files.push_back(folder / kWeightsFile);
    shards.readers.emplace_back(shards.files[0]);
    return shards;
  }
  if (is_present(folder / kWeightsIndexFile)) return open_shards(folder);
  throw_<CheckpointError>("{}: expected {} or {}, found {}", folder.string(), kWeightsFile,
                          kWeightsIndexFile, what_else_is_there(folder));
}

// Where each parameter lies, and what does not fit.
struct Inventory {
  struct Source {
    size_t file = 0;
    std::string name;  // as stored
  };
  std::vector<Source> sources;  // one a spec
  std::vector<bool> found;      // one a spec
  Source tied_head;             // lm_head.weight beside tied embeddings
  bool has_tied_head = false;
  std::vector<std::string> missing, unexpected, misshapen;
};

void take_stock(const SafetensorsReader& reader, size_t file, const fs::path& path,
                const std::unordered_map<std::string, size_t>& places,
                const std::vector<ParameterSpec>& specs, Inventory& inventory) {
  for (const std::string& stored_name : reader.names()) {
    const std::string name = parameter_name(stored_name);
    const auto it = places.find(name);
    if (it == places.end()) {
      if (name == kHead) {
        inventory.tied_head = {file, stored_name};
        inventory.has_tied_head = true;
      } else if (!is_derived(name)) {
        inventory.unexpected.push_back(stored_name);
      }
      continue;
    }
    if (inventory.found[it->second]) {
      throw_<CheckpointError>("{}: tensor '{}' is stored twice, also as '{}'; keep one of them",
                              path.string(), stored_name, inventory.sources[it->second].name);
    }
    inventory.found[it->second] = true;
    inventory.sources[it->second] = {file, stored_name};
    const std::vector<int64_t> shape = reader.shape(stored_name);
    if (shape != specs[it->second].shape) {
      inventory.misshapen.push_back(fmt::format("{} expected [{}], found [{}]", stored_name,
                                                fmt::join(specs[it->second].shape, ", "),
                                                fmt::join(shape, ", ")));
    } else if (!at::isFloatingType(reader.dtype(stored_name))) {
      inventory.misshapen.push_back(fmt::format("{} expected floating-point values, found {}",
                                                stored_name,
                                                at::toString(reader.dtype(stored_name))));
    }
  }
}

void require_complete(const fs::path& folder, const std::vector<ParameterSpec>& specs,
                      Inventory& inventory) {
  for (size_t i = 0; i < specs.size(); ++i) {
    if (inventory.found[i]) continue;
    inventory.missing.push_back(
        fmt::format("{} [{}]", specs[i].name, fmt::join(specs[i].shape, ", ")));
  }
  std::vector<std::string> faults;
  const auto report = [&](std::string_view what, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    faults.push_back(fmt::format("{} {}: {}", lines.size(), what, first_few(lines)));
  };
  report("missing", inventory.missing);
  report("unexpected", inventory.unexpected);
  report("misshapen", inventory.misshapen);
  if (faults.empty()) return;
  throw_<CheckpointError>("{}: the weights do not fit config.json: {}", folder.string(),
                          fmt::join(faults, " | "));
}

void require_same_head(const SafetensorsReader& reader, const fs::path& path,
                       const std::string& name, const Weights& weights) {
  if (reader.equals_float(name, weights.get(kEmbedding))) return;
  throw_<CheckpointError>(
      "{}: tensor '{}' differs from the embeddings, but config.json ties them; set "
      "tie_word_embeddings to false",
      path.string(), name);
}

}  // namespace

void load_weights(const fs::path& folder, Weights& weights) {
  const at::NoGradGuard no_grad;
  const std::vector<ParameterSpec>& specs = weights.specs();
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < specs.size(); ++i) places.emplace(specs[i].name, i);

  const Shards shards = open_weight_files(folder);
  Inventory inventory;
  inventory.sources.resize(specs.size());
  inventory.found.resize(specs.size(), false);
  for (size_t file = 0; file < shards.files.size(); ++file) {
    take_stock(shards.readers[file], file, shards.files[file], places, specs, inventory);
  }
  require_complete(folder, specs, inventory);
  for (size_t i = 0; i < specs.size(); ++i) {
    const Inventory::Source& source = inventory.sources[i];
    shards.readers[source.file].read_float(source.name, weights.at(i));
  }
  if (inventory.has_tied_head) {
    const Inventory::Source& head = inventory.tied_head;
    require_same_head(shards.readers[head.file], shards.files[head.file], head.name, weights);
  }
}

}  // namespace retrace::model
