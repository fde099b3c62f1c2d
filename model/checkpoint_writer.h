// Writes model folders in Hugging Face layout that transformers and vLLM load.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <filesystem>

#include "model/weights.h"

namespace retrace::model {

struct SaveOptions {
  at::ScalarType dtype = at::kFloat;        // a floating-point one
  int64_t max_shard_bytes = 5'000'000'000;  // a larger tensor is a shard of its own
};

// Copies what belongs to a model beside its weights and its configuration: tokenizer, chat template
// and processor files, byte by byte.
void copy_processor_files(const std::filesystem::path& folder,
                          const std::filesystem::path& source_folder);

// Writes the weights into the existing `folder`, adapters merged in, as model.safetensors or, above
// max_shard_bytes, as shards with an index, in the layout the model's family has on the hub; copies
// config.json, generation_config.json and the processor files of `source_folder` unchanged.
// Streams: beside the weights no more than one tensor is in memory. Throws CheckpointError.
void save_model(const std::filesystem::path& folder, const std::filesystem::path& source_folder,
                const Weights& weights, const SaveOptions& options);

// The same, but `folder` must not exist and appears whole or not at all.
void publish_model(const std::filesystem::path& folder, const std::filesystem::path& source_folder,
                   const Weights& weights, const SaveOptions& options);

}  // namespace retrace::model
