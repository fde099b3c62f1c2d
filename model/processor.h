// How a checkpoint wants its prompts made: chat template, pixel normalisation and pixel limits,
// from the files beside config.json.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "model/chat_template.h"
#include "model/model_config.h"
#include "model/vision_preprocess.h"

namespace retrace::model {

struct PixelRules {
  PixelNorm norm;
  // After resizing: of an image, of a video frame (Qwen2-VL, Qwen2.5-VL), or of all frames of a
  // video together (Qwen3-VL).
  int64_t min_pixels = 0, max_pixels = 0;
};

struct Processor {
  ChatTemplate chat;
  PixelRules image, video;
};

// What transformers' classes have as defaults; for checkpoints without processor files.
Processor family_processor(ModelFamily family);

// Reads image rules from processor_config.json ("image_processor") or preprocessor_config.json,
// video rules from processor_config.json ("video_processor"), video_preprocessor_config.json or
// preprocessor_config.json, the first that exists, as transformers does; and the chat template.
// Limits are min_pixels and max_pixels, else size.shortest_edge and size.longest_edge. Throws
// CheckpointError for a patch size that differs from config.json's, and for steps that are not
// done here (another resampling than bicubic, no rescaling, no normalisation).
Processor read_processor(const std::filesystem::path& folder, const ModelConfig& config);

}  // namespace retrace::model
