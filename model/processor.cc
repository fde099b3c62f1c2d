#include "model/processor.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;

constexpr PixelNorm kClip = {{0.48145466, 0.4578275, 0.40821073},
                             {0.26862954, 0.26130258, 0.27577711}};
constexpr PixelNorm kHalf = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
constexpr int64_t kMaxPixels = int64_t{1} << 40;

// A JSON file of a processor, or the part of processor_config.json that is one.
struct ProcessorFile {
  fs::path file;
  nlohmann::json content;
};

std::optional<ProcessorFile> find_processor(const fs::path& folder, const char* part,
                                            std::initializer_list<const char*> names) {
  if (const fs::path file = folder / "processor_config.json"; core::is_present(file)) {
    nlohmann::json all = parse_json(read_checkpoint_text(file), file.string());
    const bool has_part = JsonObject(all, file.string()).has(part);
    if (has_part) return ProcessorFile{file, std::move(all.at(part))};  // a copy would recurse
  }
  for (const char* name : names) {
    const fs::path file = folder / name;
    if (!core::is_present(file)) continue;
    return ProcessorFile{file, parse_json(read_checkpoint_text(file), file.string())};
  }
  return std::nullopt;
}

void read_channels(const JsonObject& processor, const char* key, std::array<double, 3>& values) {
  const nlohmann::json* found = processor.find(key);
  if (found == nullptr) return;
  if (!found->is_array() || found->size() != 3)
    processor.fail(key, "a list of 3 numbers, one a channel");
  for (size_t i = 0; i < 3; ++i) {
    if (!found->at(i).is_number()) processor.fail(key, "a list of 3 numbers, one a channel");
    values[i] = found->at(i).get<double>();
  }
}

void require_same(const JsonObject& processor, const char* key, int64_t expected,
                  const char* config_key) {
  if (processor.integer_or(key, expected, 1, 1 << 20) == expected) return;
  processor.fail(key, fmt::format("{}, as vision_config.{} of config.json", expected, config_key));
}

// The steps between file and patches that are always done here.
void require_steps(const JsonObject& processor) {
  for (const char* key : {"do_resize", "do_rescale", "do_normalize"}) {
    if (!processor.boolean_or(key, true)) processor.fail(key, "true, this step is always done");
  }
  constexpr int64_t kBicubic = 3;
  if (processor.integer_or("resample", kBicubic, 0, 100) != kBicubic)
    processor.fail("resample", "3 (bicubic)");
  constexpr double kByteScale = 1.0 / 255;
  const double scale = processor.number_or("rescale_factor", kByteScale, 0, 1e6);
  if (std::abs(scale - kByteScale) > 1e-9) processor.fail("rescale_factor", "1/255");
}

void read_limits(const JsonObject& processor, PixelRules& rules) {
  const auto read = [](const JsonObject& object, const char* key, int64_t& value) {
    value = object.integer_or(key, value, 1, kMaxPixels);
  };
  if (processor.has("size")) {
    const JsonObject size = processor.object("size");
    read(size, "shortest_edge", rules.min_pixels);
    read(size, "longest_edge", rules.max_pixels);
    read(size, "min_pixels", rules.min_pixels);
    read(size, "max_pixels", rules.max_pixels);
  }
  read(processor, "min_pixels", rules.min_pixels);
  read(processor, "max_pixels", rules.max_pixels);
  if (rules.max_pixels < rules.min_pixels) {
    processor.fail("max_pixels", fmt::format("at least min_pixels, {}, but the limit is {}",
                                             rules.min_pixels, rules.max_pixels));
  }
}

void read_rules(const ProcessorFile& found, const VisionConfig& vision, PixelRules& rules) {
  const JsonObject processor(found.content, found.file.string());
  require_steps(processor);
  require_same(processor, "patch_size", vision.patch_size, "patch_size");
  require_same(processor, "temporal_patch_size", vision.temporal_patch_size, "temporal_patch_size");
  require_same(processor, "merge_size", vision.spatial_merge_size, "spatial_merge_size");
  read_channels(processor, "image_mean", rules.norm.mean);
  read_channels(processor, "image_std", rules.norm.std);
  for (const double value : rules.norm.std) {
    if (!(value > 0)) processor.fail("image_std", "numbers above 0");
  }
  read_limits(processor, rules);
}

}  // namespace

Processor family_processor(ModelFamily family) {
  Processor processor;
  processor.chat = family_chat_template(family);
  if (family == ModelFamily::kQwen3Vl) {
    processor.image = {kHalf, 256 * 256, 4096 * 4096};
    processor.video = {kHalf, 128 * 32 * 32, 768 * 32 * 32};
  } else {
    processor.image = {kClip, 56 * 56, 1280 * 28 * 28};
    processor.video = {kClip, 128 * 28 * 28, 768 * 28 * 28};
  }
  return processor;
}

Processor read_processor(const fs::path& folder, const ModelConfig& config) {
  Processor processor = family_processor(config.family);
  processor.chat = read_chat_template(folder, config.family);
  if (!config.has_vision()) return processor;
  constexpr const char* kImageFile = "preprocessor_config.json";
  if (const auto found = find_processor(folder, "image_processor", {kImageFile}))
    read_rules(*found, config.vision, processor.image);
  if (const auto found =
          find_processor(folder, "video_processor", {"video_preprocessor_config.json", kImageFile}))
    read_rules(*found, config.vision, processor.video);
  return processor;
}

}  // namespace retrace::model
