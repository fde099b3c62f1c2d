#include "model/checkpoint_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "model/json_reader.h"
#include "model/safetensors.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;
namespace fs = std::filesystem;

constexpr std::string_view kWeightsFile = "model.safetensors";
constexpr std::string_view kIndexFile = "model.safetensors.index.json";
constexpr std::string_view kHead = "lm_head.weight";
constexpr std::string_view kEmbedding = "model.embed_tokens.weight";

bool is_present(const fs::path& path) {
  std::error_code error;  // an unreadable folder counts as one without the file
  return fs::exists(path, error);
}

// Constants that old versions stored along with the parameters.
bool is_derived(std::string_view name) {
  return name.ends_with(".inv_freq");
}

std::vector<fs::path> files_of_index(const fs::path& folder) {
  const fs::path index = folder / kIndexFile;
  const nlohmann::json parsed = parse_json(read_checkpoint_text(index), index.string());
  const JsonObject root(parsed, index.string());
  const JsonObject map = root.object("weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, unused] : root.at("weight_map").items()) {
    const std::string file = map.string(tensor);
    if (file.empty() || fs::path(file).filename() != file || file == "." || file == "..") {
      map.fail(tensor, "a file name without folders");
    }
    names.insert(file);
  }
  if (names.empty()) root.fail("weight_map", "at least one tensor");
  std::vector<fs::path> files;
  for (const std::string& name : names) files.push_back(folder / name);
  return files;
}

std::vector<fs::path> weight_files(const fs::path& folder) {
  if (is_present(folder / kWeightsFile)) return {folder / kWeightsFile};
  if (is_present(folder / kIndexFile)) return files_of_index(folder);
  const bool has_pickle = is_present(folder / "pytorch_model.bin") ||
                          is_present(folder / "pytorch_model.bin.index.json");
  throw_<CheckpointError>("{}: expected {} or {}, found {}", folder.string(), kWeightsFile,
                          kIndexFile,
                          has_pickle ? "pytorch_model.bin; convert it to safetensors"
                                     : "neither; is this a model folder?");
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
    }
  }
}

std::string first_few(const std::vector<std::string>& lines) {
  constexpr size_t kShown = 5;
  const size_t shown = std::min(lines.size(), kShown);
  std::string text = fmt::format("{}", fmt::join(lines.begin(), lines.begin() + shown, "; "));
  if (lines.size() > shown) text += fmt::format("; and {} more", lines.size() - shown);
  return text;
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

bool has_finite_range(const at::Tensor& values) {
  const auto [lowest, highest] = at::aminmax(values);  // NaN anywhere makes both NaN
  return std::isfinite(lowest.item<float>()) && std::isfinite(highest.item<float>());
}

at::Tensor read_finite(const SafetensorsReader& reader, const fs::path& path,
                       const std::string& name) {
  const at::Tensor stored = reader.read(name);
  if (!stored.is_floating_point()) {
    throw_<CheckpointError>("{}: tensor '{}': expected floating-point values, found {}",
                            path.string(), name, at::toString(stored.scalar_type()));
  }
  const at::Tensor values = stored.to(at::kFloat);
  if (values.numel() > 0 && !has_finite_range(values)) {
    throw_<CheckpointError>("{}: tensor '{}' holds NaN or infinite values", path.string(), name);
  }
  return values;
}

void require_same_head(const SafetensorsReader& reader, const fs::path& path,
                       const std::string& name, const Weights& weights) {
  if (at::equal(read_finite(reader, path, name), weights.get(kEmbedding))) return;
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

  const std::vector<fs::path> files = weight_files(folder);
  std::vector<SafetensorsReader> readers;
  Inventory inventory;
  inventory.sources.resize(specs.size());
  inventory.found.resize(specs.size(), false);
  for (size_t file = 0; file < files.size(); ++file) {
    readers.emplace_back(files[file]);
    take_stock(readers[file], file, files[file], places, specs, inventory);
  }
  require_complete(folder, specs, inventory);
  for (size_t i = 0; i < specs.size(); ++i) {
    const Inventory::Source& source = inventory.sources[i];
    weights.at(i).copy_(read_finite(readers[source.file], files[source.file], source.name));
  }
  if (inventory.has_tied_head) {
    const Inventory::Source& head = inventory.tied_head;
    require_same_head(readers[head.file], files[head.file], head.name, weights);
  }
}

namespace {

// What belongs to a model in Hugging Face layout beside its weights.
constexpr std::array<std::string_view, 13> kCompanionFiles = {"config.json",
                                                              "generation_config.json",
                                                              "preprocessor_config.json",
                                                              "processor_config.json",
                                                              "tokenizer.json",
                                                              "video_preprocessor_config.json",
                                                              "tokenizer_config.json",
                                                              "vocab.json",
                                                              "merges.txt",
                                                              "added_tokens.json",
                                                              "special_tokens_map.json",
                                                              "chat_template.json",
                                                              "chat_template.jinja"};

void copy_companion(const fs::path& source, const fs::path& target) {
  if (!is_present(source)) return;
  std::error_code error;
  if (fs::equivalent(source, target, error)) return;
  fs::copy_file(source, target, fs::copy_options::overwrite_existing, error);
  if (error) {
    throw_<CheckpointError>("{}: cannot be copied to {}: {}", source.string(), target.string(),
                            error.message());
  }
}

}  // namespace

void save_model(const fs::path& folder, const fs::path& source_folder, const Weights& weights,
                at::ScalarType dtype) {
  RETRACE_CHECK(at::isFloatingType(dtype), "weights cannot be stored as {}", at::toString(dtype));
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw_<CheckpointError>("{}: cannot save a model: expected an existing folder",
                            folder.string());
  }
  if (!is_present(source_folder / "config.json")) {
    throw_<CheckpointError>(
        "{}: cannot save a model: expected config.json here to copy, found none",
        source_folder.string());
  }
  for (const std::string_view name : kCompanionFiles) {
    copy_companion(source_folder / name, folder / name);
  }
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    tensors.emplace_back(checkpoint_name(weights.config().family, weights.specs()[i].name),
                         weights.at(i));
  }
  // transformers refuses a file whose metadata does not name a framework.
  write_safetensors(folder / kWeightsFile, tensors, {{"format", "pt"}}, dtype);
}

}  // namespace retrace::model
