#include "rl/media_sections.h"

#include <algorithm>
#include <cmath>

namespace retrace::rl {
namespace {

using core::ConfigNode;

// Far above any use, so that products with them stay inside int64.
constexpr int64_t kMaxCacheMb = int64_t{1} << 30;
constexpr int64_t kMaxSourcePixels = int64_t{1} << 40;
constexpr int64_t kMaxFrames = 1000000;  // of a clip

// YAML can write infinity, which no value below can be.
bool is_positive(double value) {
  return value > 0 && std::isfinite(value);
}

void read_video_limits(ConfigNode& node, data::FrameOptions& frames) {
  data::ReadLimits& limits = frames.limits;
  int64_t max_clip_mb = frames.max_clip_bytes >> 20;
  node.read("deadline_seconds", limits.deadline_seconds);
  node.read("max_source_pixels", limits.max_source_pixels);
  node.read("max_packets", limits.max_packets);
  node.read("max_clip_mb", max_clip_mb);
  node.read("allow_partial", frames.allow_partial);
  node.require(is_positive(limits.deadline_seconds), "deadline_seconds", "must be above 0",
               limits.deadline_seconds);
  node.require(limits.max_source_pixels >= 1 && limits.max_source_pixels <= kMaxSourcePixels,
               "max_source_pixels", fmt::format("must be in [1, {}]", kMaxSourcePixels),
               limits.max_source_pixels);
  node.require(limits.max_packets >= 1, "max_packets", "must be at least 1", limits.max_packets);
  node.require(max_clip_mb >= 1 && max_clip_mb <= kMaxCacheMb, "max_clip_mb",
               fmt::format("must be in [1, {}]", kMaxCacheMb), max_clip_mb);
  frames.max_clip_bytes = max_clip_mb << 20;
}

void require_frames(const ConfigNode& node, const data::FrameSamplerOptions& sampler) {
  const std::string range = fmt::format("must be in [2, {}]", kMaxFrames);
  const auto require = [&](std::string_view key, int64_t value) {
    node.require(value >= 2 && value <= kMaxFrames, key, range, value);
  };
  require("min_frames", sampler.min_frames);
  require("max_frames", sampler.max_frames);
  require("num_frames", sampler.num_frames);
  node.require(sampler.max_frames >= sampler.min_frames, "max_frames",
               "must be at least min_frames", sampler.max_frames);
}

// 0 stands for the limit of the checkpoint or the size rule.
void require_pixels(const ConfigNode& node, int64_t min_pixels, int64_t max_pixels) {
  node.require(min_pixels >= 0, "min_pixels", "must be 0 (the model's) or more", min_pixels);
  node.require(max_pixels == 0 || max_pixels >= min_pixels, "max_pixels",
               "must be 0 (the model's) or at least min_pixels", max_pixels);
}

void read_video_cache(ConfigNode& node, VideoSection& video) {
  node.read("cache_mb", video.cache_mb);
  node.read("cache_dir", video.cache_dir);
  node.read("cache_max_gb", video.cache_max_gb);
  node.require(video.cache_mb >= 0 && video.cache_mb <= kMaxCacheMb, "cache_mb",
               fmt::format("must be in [0, {}]", kMaxCacheMb), video.cache_mb);
  node.require(is_positive(video.cache_max_gb) && video.cache_max_gb <= kMaxCacheMb, "cache_max_gb",
               fmt::format("must be above 0 and at most {}", kMaxCacheMb), video.cache_max_gb);
}

}  // namespace

void read_image(ConfigNode root, ImageSection& image) {
  ConfigNode node = root.section("image");
  node.read_choice("reading", image.reading,
                   {{"transformers", data::ImageReading::kTransformers},
                    {"qwen_vl_utils", data::ImageReading::kQwenVlUtils}});
  node.read("min_pixels", image.min_pixels);
  node.read("max_pixels", image.max_pixels);
  node.read("max_source_pixels", image.max_source_pixels);
  require_pixels(node, image.min_pixels, image.max_pixels);
  node.require(image.max_source_pixels >= 1 && image.max_source_pixels <= kMaxSourcePixels,
               "max_source_pixels", fmt::format("must be in [1, {}]", kMaxSourcePixels),
               image.max_source_pixels);
  node.finish();
}

void read_video(ConfigNode root, VideoSection& video) {
  ConfigNode node = root.section("video");
  video.frames.min_pixels = video.frames.max_pixels = 0;
  data::FrameSamplerOptions& sampler = video.frames.sampler;
  node.read_choice("sampling", sampler.rule,
                   {{"fps", data::SamplingRule::kFps},
                    {"linspace_round", data::SamplingRule::kLinspaceRound},
                    {"linspace_floor", data::SamplingRule::kLinspaceFloor},
                    {"segment_midpoint", data::SamplingRule::kSegmentMidpoint},
                    {"hf_qwen2_vl", data::SamplingRule::kHfQwen2Vl},
                    {"hf_qwen3_vl", data::SamplingRule::kHfQwen3Vl},
                    {"times", data::SamplingRule::kTimes}});
  node.read("fps", sampler.fps);
  node.read("min_frames", sampler.min_frames);
  node.read("max_frames", sampler.max_frames);
  node.read("num_frames", sampler.num_frames);
  node.read("times", sampler.times);
  node.read_choice("size_rule", video.size_rule,
                   {{"auto", SizeRuleChoice::kAuto},
                    {"qwen_vl_utils", SizeRuleChoice::kQwenVlUtils},
                    {"processor", SizeRuleChoice::kProcessor}});
  node.read("min_pixels", video.frames.min_pixels);
  node.read("max_pixels", video.frames.max_pixels);
  node.read_choice("resize", video.resize,
                   {{"auto", ResizeChoice::kAuto},
                    {"float32", ResizeChoice::kFloat32},
                    {"uint8", ResizeChoice::kUint8}});
  read_video_limits(node, video.frames);
  read_video_cache(node, video);
  node.require(is_positive(sampler.fps), "fps", "must be above 0", sampler.fps);
  require_frames(node, sampler);
  const bool is_at_times = sampler.rule == data::SamplingRule::kTimes;
  node.require(!is_at_times || !sampler.times.empty(), "times",
               "must hold seconds when sampling is times", "empty");
  const auto is_bad = [](double time) { return !(time >= 0 && std::isfinite(time)); };
  if (std::ranges::any_of(sampler.times, is_bad) || !std::ranges::is_sorted(sampler.times)) {
    node.fail("times", "must be seconds from 0 on, in ascending order");
  }
  require_pixels(node, video.frames.min_pixels, video.frames.max_pixels);
  node.finish();
}

}  // namespace retrace::rl
