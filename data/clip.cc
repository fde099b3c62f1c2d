#include "data/clip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "data/video_reader.h"

namespace retrace::data {
namespace {

// Frames are resized in batches of about so many bytes, so that a long clip is never held at full
// size.
constexpr int64_t kBatchBytes = 64 << 20;

}  // namespace

void validate(const FrameOptions& options) {
  using core::ConfigError, core::throw_;
  validate(options.sampler);
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
}

ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options) {
  validate(options);
  VideoReader reader(video);
  const VideoInfo& info = reader.info();
  std::vector<int64_t> indices;
  FrameSize size{};
  try {
    indices = sample_frame_indices(info.num_frames, info.fps, options.sampler);
    size = smart_resize(info.height, info.width, options.resize_factor, options.min_pixels,
                        options.max_pixels);
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: {}", video.string(), error.what());
  }
  const int64_t num_sampled = static_cast<int64_t>(indices.size());
  ClipFrames clip;
  clip.frame_indices = indices;
  clip.video_fps = info.fps;
  clip.sampled_fps = sampled_fps(num_sampled, info.num_frames, info.fps);
  clip.frames = at::empty({num_sampled, 3, size.height, size.width}, at::kByte);
  const int64_t batch = std::max<int64_t>(1, kBatchBytes / (3 * info.height * info.width));
  for (int64_t begin = 0; begin < num_sampled; begin += batch) {
    const int64_t count = std::min(batch, num_sampled - begin);
    const VideoFrames read = reader.read({indices.data() + begin, static_cast<size_t>(count)});
    clip.frames.narrow(0, begin, count).copy_(resize_frames(read.frames, size, options.resize));
  }
  return clip;
}

}  // namespace retrace::data
