// The weights of a model folder in Hugging Face layout: model.safetensors, or shards with an index.
#pragma once

#include <filesystem>
#include <string_view>

#include "model/weights.h"

namespace retrace::model {

inline constexpr std::string_view kWeightsFile = "model.safetensors";
inline constexpr std::string_view kWeightsIndexFile = "model.safetensors.index.json";

// Fills the base of `weights` from `folder`, from the hub layout (visual.*, model.*) or the nested
// one (model.visual.*, model.language_model.*), converting F16, BF16, F32 and F64, mixed or not, to
// float32. The files are mapped and converted window by window: the peak is the weights and one
// window. A stored head beside tied embeddings must equal them.
//
// Throws CheckpointError listing the first few shards that are not there, tensors that the index
// lists and their file lacks, and missing, unexpected and misshapen tensors (expected and found).
void load_weights(const std::filesystem::path& folder, Weights& weights);

}  // namespace retrace::model
