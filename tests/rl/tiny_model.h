// A Qwen2-VL of a few thousand parameters with the tokenizer of assets/tiny, for tests that need a
// whole model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "model/model_config.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "model/vision_preprocess.h"

namespace retrace::test {

// Writes config.json and tokenizer.json into `folder`, which may not exist yet; no weights.
void write_tiny_model_folder(const std::filesystem::path& folder);

// Of another family (tests/model/tiny_families.h): without a config.json of its own.
model::ModelConfig tiny_config(model::ModelFamily family = model::ModelFamily::kQwen2Vl);
const model::Tokenizer& tiny_tokenizer();

// Weights and biases are normal(0, 0.15) around their usual start: attention and head are far from
// uniform, so that a wrong row, position or segment shows in the log-probs.
model::QwenVl tiny_model(uint64_t seed = 1,
                         model::ModelFamily family = model::ModelFamily::kQwen2Vl);

// Standard normal values, a function of the seed.
at::Tensor random_normal(std::vector<int64_t> shape, uint64_t seed);

// One frame pair of 4 x 4 patches with random values: four tokens.
model::VisionPatches random_patches(uint64_t seed);

// The chat prompt for `text`, with the patches' video if there is one.
model::PromptTokens tiny_prompt(const std::string& text, const model::VisionPatches* patches,
                                model::ModelFamily family = model::ModelFamily::kQwen2Vl);

}  // namespace retrace::test
