#include "model/checkpoint_writer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "core/error.h"
#include "core/files.h"
#include "model/checkpoint_files.h"
#include "model/parameter_specs.h"
#include "model/safetensors.h"
#include "model/tokenizer_folder.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using core::throw_;
namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "config.json";
constexpr std::array<std::string_view, 2> kModelFiles = {kConfigFile, "generation_config.json"};
constexpr std::array<std::string_view, 11> kProcessorFiles = {"preprocessor_config.json",
                                                              "processor_config.json",
                                                              "video_preprocessor_config.json",
                                                              "tokenizer.json",
                                                              "tokenizer_config.json",
                                                              "vocab.json",
                                                              "merges.txt",
                                                              "added_tokens.json",
                                                              "special_tokens_map.json",
                                                              "chat_template.json",
                                                              "chat_template.jinja"};

void copy_if_present(const fs::path& source, const fs::path& folder) {
  const fs::path target = folder / source.filename();
  std::error_code error;
  if (!core::is_present(source) || fs::equivalent(source, target, error)) return;
  fs::copy_file(source, target, fs::copy_options::overwrite_existing, error);
  if (error) {
    throw_<CheckpointError>("{}: cannot be copied to {}: {}", source.string(), target.string(),
                            error.message());
  }
}

void copy_present(std::span<const std::string_view> names, const fs::path& source_folder,
                  const fs::path& folder) {
  for (const std::string_view name : names) copy_if_present(source_folder / name, folder);
}

std::vector<TensorSource> tensor_sources(const Weights& weights, at::ScalarType dtype) {
  std::vector<TensorSource> sources;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const ParameterSpec& spec = weights.specs()[i];
    sources.push_back({checkpoint_name(weights.config().family, spec.name), dtype, spec.shape,
                       [&weights, i] { return weights.merged(i); }});
  }
  return sources;
}

// In order, each as full as the limit allows.
std::vector<std::vector<TensorSource>> split_into_shards(std::vector<TensorSource> sources,
                                                         int64_t max_bytes) {
  std::vector<std::vector<TensorSource>> shards;
  int64_t bytes = 0;
  for (TensorSource& source : sources) {
    if (shards.empty() || bytes + source.num_bytes() > max_bytes) {
      shards.emplace_back();
      bytes = 0;
    }
    bytes += source.num_bytes();
    shards.back().push_back(std::move(source));
  }
  return shards;
}

void write_shards(const fs::path& folder, const std::vector<std::vector<TensorSource>>& shards) {
  // transformers refuses a file whose metadata does not name a framework.
  const std::map<std::string, std::string> metadata = {{"format", "pt"}};
  if (shards.size() == 1) {
    write_safetensors(folder / kWeightsFile, shards[0], metadata);
    return;
  }
  nlohmann::ordered_json weight_map;
  int64_t total_bytes = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name =
        fmt::format("model-{:05d}-of-{:05d}.safetensors", i + 1, shards.size());
    for (const TensorSource& source : shards[i]) {
      weight_map[source.name] = name;
      total_bytes += source.num_bytes();
    }
    write_safetensors(folder / name, shards[i], metadata);
  }
  const nlohmann::ordered_json index = {{"metadata", {{"total_size", total_bytes}}},
                                        {"weight_map", weight_map}};
  core::write_file_atomically(folder / kWeightsIndexFile, index.dump(2) + "\n");
}

}  // namespace

void copy_processor_files(const fs::path& folder, const fs::path& source_folder) {
  copy_present(kProcessorFiles, source_folder, folder);
  for (const fs::path& file : find_rank_files(source_folder)) copy_if_present(file, folder);
}

void save_model(const fs::path& folder, const fs::path& source_folder, const Weights& weights,
                const SaveOptions& options) {
  RETRACE_CHECK(at::isFloatingType(options.dtype), "weights cannot be stored as {}",
                at::toString(options.dtype));
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw_<CheckpointError>("{}: cannot save a model: expected an existing folder",
                            folder.string());
  }
  if (!fs::exists(source_folder / kConfigFile, error)) {
    throw_<CheckpointError>(
        "{}: cannot save a model: expected config.json here to copy, found none",
        source_folder.string());
  }
  copy_present(kModelFiles, source_folder, folder);
  copy_processor_files(folder, source_folder);
  write_shards(folder,
               split_into_shards(tensor_sources(weights, options.dtype), options.max_shard_bytes));
}

void publish_model(const fs::path& folder, const fs::path& source_folder, const Weights& weights,
                   const SaveOptions& options) {
  const fs::path temporary = core::temporary_sibling(folder);
  std::error_code error;
  fs::remove_all(temporary, error);
  if (!fs::create_directories(temporary, error) || error) {
    throw_<CheckpointError>("{}: cannot be created: {}", temporary.string(), error.message());
  }
  try {
    save_model(temporary, source_folder, weights, options);
    core::publish_folder(temporary, folder);
  } catch (...) {
    fs::remove_all(temporary, error);
    throw;
  }
}

}  // namespace retrace::model
