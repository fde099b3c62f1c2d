#include "data/clip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "core/error.h"
#include "data/video_reader.h"

namespace retrace::data {
namespace {

// Frames are resized in batches of about so many bytes, so that a long clip is never held at full
// size.
constexpr int64_t kBatchBytes = 64 << 20;

// The frames that sampling may choose from: all, or with allow_partial those that the file holds.
int64_t num_usable_frames(const VideoInfo& info, const FrameOptions& options) {
  if (!info.is_cut_off) return info.num_frames;
  if (!options.allow_partial) {
    const int64_t num_cut = info.num_frames - info.num_readable_frames;
    core::throw_<core::DataError>(
        "the file is cut off{}; copy or download it again, or set video.allow_partial",
        num_cut > 0
            ? fmt::format(" before frame {} of {}", info.num_readable_frames, info.num_frames)
            : ": it is shorter than its header says, or damaged");
  }
  if (info.num_readable_frames == 0) {
    core::throw_<core::DataError>("the file is cut off before its first frame");
  }
  return info.num_readable_frames;
}

std::vector<int64_t> choose_frames(const VideoReader& reader, int64_t num_usable,
                                   const FrameSamplerOptions& sampler) {
  const VideoInfo& info = reader.info();
  if (sampler.rule != SamplingRule::kTimes) {
    return sample_frame_indices(num_usable, info.fps, sampler);
  }
  const std::vector<double> pts_seconds = reader.pts_seconds();
  const std::span usable(pts_seconds.data(), static_cast<size_t>(num_usable));
  const double end =
      num_usable == info.num_frames ? info.duration_seconds : usable.back() + 1 / info.fps;
  return frames_shown_at(sampler.times, usable, end);
}

void check_clip_bytes(int64_t num_frames, FrameSize size, int64_t limit) {
  const int64_t num_bytes = num_frames * 3 * size.height * size.width;
  if (num_bytes <= limit) return;
  core::throw_<core::DataError>(
      "{} frames of {} x {} pixels take {} MiB, at most {} are allowed (video.max_clip_mb); take "
      "fewer or smaller frames, or raise the limit",
      num_frames, size.width, size.height, num_bytes >> 20, limit >> 20);
}

// Reads and resizes the chosen frames in batches, into `clip`.
void read_frames(VideoReader& reader, const std::vector<int64_t>& indices, FrameSize size,
                 const FrameOptions& options, ClipFrames& clip) {
  const auto undecodable = options.allow_partial ? Undecodable::kLeaveOut : Undecodable::kThrow;
  const int64_t num_chosen = static_cast<int64_t>(indices.size());
  clip.frames = at::empty({num_chosen, 3, size.height, size.width}, at::kByte);
  const int64_t frame_bytes = 3 * reader.info().height * reader.info().width;
  const int64_t batch = std::max<int64_t>(1, kBatchBytes / frame_bytes);
  int64_t num_read = 0;
  for (int64_t begin = 0; begin < num_chosen; begin += batch) {
    const int64_t count = std::min(batch, num_chosen - begin);
    const VideoFrames read =
        reader.read({indices.data() + begin, static_cast<size_t>(count)}, undecodable);
    const int64_t num_new = read.frames.size(0);
    clip.frames.narrow(0, num_read, num_new)
        .copy_(resize_frames(read.frames, size, options.resize));
    std::ranges::copy(read.frame_indices, std::back_inserter(clip.frame_indices));
    num_read += num_new;
  }
  clip.frames = clip.frames.narrow(0, 0, num_read).contiguous();
  clip.partial.num_left_out = num_chosen - num_read;
}

}  // namespace

void validate(const FrameOptions& options) {
  using core::ConfigError, core::throw_;
  validate(options.sampler);
  validate(options.limits);
  if (options.resize_factor < 1) {
    throw_<ConfigError>("resize_factor: must be at least 1, is {}", options.resize_factor);
  }
  if (options.min_pixels < 1) {
    throw_<ConfigError>("min_pixels: must be at least 1, is {}", options.min_pixels);
  }
  if (options.max_pixels < options.min_pixels) {
    throw_<ConfigError>("max_pixels: must be at least min_pixels ({}), is {}", options.min_pixels,
                        options.max_pixels);
  }
  if (options.max_clip_bytes < 1) {
    throw_<ConfigError>("max_clip_bytes: must be at least 1, is {}", options.max_clip_bytes);
  }
}

ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options) {
  validate(options);
  VideoReader reader(video, options.limits);
  const VideoInfo& info = reader.info();
  std::vector<int64_t> indices;
  FrameSize size{};
  ClipFrames clip;
  try {
    const int64_t num_usable = num_usable_frames(info, options);
    indices = choose_frames(reader, num_usable, options.sampler);
    const int64_t num_chosen = static_cast<int64_t>(indices.size());
    size = target_size(
        num_chosen, info.height, info.width,
        {options.size_rule, options.resize_factor, options.min_pixels, options.max_pixels});
    check_clip_bytes(num_chosen, size, options.max_clip_bytes);
    clip.video_fps = info.fps;
    clip.sampled_fps = sampled_fps(num_chosen, num_usable, info.fps);
    clip.partial.is_cut_off = info.is_cut_off;
    clip.partial.num_cut_frames = info.num_frames - num_usable;
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: {}", video.string(), error.what());
  }
  read_frames(reader, indices, size, options, clip);
  if (clip.frame_indices.empty()) {
    core::throw_<core::DataError>("{}: none of the {} chosen frames can be decoded", video.string(),
                                  indices.size());
  }
  return clip;
}

}  // namespace retrace::data
