#include "data/frame_cache.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <future>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/video_reader.h"

namespace retrace::data {
namespace {

// Frames are resized in batches of about so many bytes, so that a long clip is never held at full
// size.
constexpr int64_t kBatchBytes = 64 << 20;

int64_t num_bytes(const ClipFrames& clip) {
  return static_cast<int64_t>(clip.frames.nbytes());
}

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
  clip.sampled_fps = sampled_fps(num_sampled, info.num_frames, info.fps);
  clip.frames = at::empty({num_sampled, 3, size.height, size.width}, at::kByte);
  const int64_t batch = std::max<int64_t>(1, kBatchBytes / (3 * info.height * info.width));
  for (int64_t begin = 0; begin < num_sampled; begin += batch) {
    const int64_t count = std::min(batch, num_sampled - begin);
    const VideoFrames read = reader.read({indices.data() + begin, static_cast<size_t>(count)});
    clip.frames.narrow(0, begin, count).copy_(resize_frames(read.frames, size));
  }
  return clip;
}

struct FrameCache::Impl {
  struct Entry {
    std::string key;
    ClipFrames clip;
  };
  using Entries = std::list<Entry>;

  void insert(const std::string& key, const ClipFrames& clip);

  FrameOptions options;
  int64_t max_bytes;
  std::mutex mutex;  // guards all below
  Entries entries;   // the most recently used first
  std::unordered_map<std::string, Entries::iterator> entry_of_key;
  std::unordered_map<std::string, std::shared_future<ClipFrames>> loading;
  int64_t bytes = 0;
  int64_t num_decodes = 0;
};

void FrameCache::Impl::insert(const std::string& key, const ClipFrames& clip) {
  if (num_bytes(clip) > max_bytes) return;
  while (bytes + num_bytes(clip) > max_bytes) {
    bytes -= num_bytes(entries.back().clip);
    entry_of_key.erase(entries.back().key);
    entries.pop_back();
  }
  entries.push_front({key, clip});
  entry_of_key[key] = entries.begin();
  bytes += num_bytes(clip);
}

FrameCache::FrameCache(FrameOptions options, int64_t max_bytes) : impl_(std::make_unique<Impl>()) {
  validate(options);
  RETRACE_CHECK(max_bytes >= 0, "a frame cache of {} bytes", max_bytes);
  impl_->options = options;
  impl_->max_bytes = max_bytes;
}
FrameCache::~FrameCache() = default;

ClipFrames FrameCache::get(const std::filesystem::path& video) {
  const std::string key = video.lexically_normal().string();
  std::promise<ClipFrames> promise;
  std::shared_future<ClipFrames> other;  // valid: another thread is at it
  {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->entry_of_key.find(key);
    if (found != impl_->entry_of_key.end()) {
      impl_->entries.splice(impl_->entries.begin(), impl_->entries, found->second);
      return found->second->clip;
    }
    const auto [slot, is_mine] = impl_->loading.try_emplace(key);
    if (is_mine) {
      slot->second = promise.get_future().share();
    } else {
      other = slot->second;
    }
  }
  if (other.valid()) return other.get();
  try {
    ClipFrames clip = load_clip(video, impl_->options);
    const std::lock_guard lock(impl_->mutex);
    ++impl_->num_decodes;
    impl_->insert(key, clip);
    impl_->loading.erase(key);
    promise.set_value(clip);
    return clip;
  } catch (...) {
    const std::lock_guard lock(impl_->mutex);
    impl_->loading.erase(key);
    promise.set_exception(std::current_exception());
    throw;
  }
}

int64_t FrameCache::num_decodes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->num_decodes;
}

}  // namespace retrace::data
