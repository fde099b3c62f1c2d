// A model folder in Hugging Face layout: config.json, tokenizer.json, model.safetensors (or shards
// with an index).
#pragma once

#include <ATen/core/ScalarType.h>

#include <filesystem>

#include "model/weights.h"

namespace retrace::model {

// Fills `weights` from `folder`, from the hub layout (visual.*, model.*) or the nested one
// (model.visual.*, model.language_model.*), converting to float32. Throws CheckpointError listing
// the first few missing, unexpected and misshapen tensors, with expected and found shapes.
void load_weights(const std::filesystem::path& folder, Weights& weights);

// Writes model.safetensors (hub layout, `dtype`) and copies every other file of `source_folder`
// that belongs to a model (config.json, generation_config.json, tokenizer and processor files) into
// the existing `folder`.
void save_model(const std::filesystem::path& folder, const std::filesystem::path& source_folder,
                const Weights& weights, at::ScalarType dtype);

}  // namespace retrace::model
