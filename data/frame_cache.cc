#include "data/frame_cache.h"

#include <algorithm>
#include <future>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/logging.h"

namespace retrace::data {
namespace {

int64_t num_bytes(const ClipFrames& clip) {
  return static_cast<int64_t>(clip.frames.nbytes());
}

std::string describe(const PartialRead& partial) {
  std::string text;
  if (partial.num_cut_frames > 0) {
    text =
        fmt::format("the file ends before the last {} frames of the video", partial.num_cut_frames);
  } else if (partial.is_cut_off) {
    text =
        "the file is shorter than its header says, or damaged; what is there is taken for the "
        "whole";
  }
  if (partial.num_left_out > 0) {
    text += fmt::format("{}{} of the chosen frames do not decode and are left out",
                        text.empty() ? "" : "; ", partial.num_left_out);
  }
  return text;
}

}  // namespace

struct FrameCache::Impl {
  struct Entry {
    std::string key;
    ClipFrames clip;
  };
  using Entries = std::list<Entry>;

  void insert(const std::string& key, const ClipFrames& clip);
  void note_partial(const std::filesystem::path& video, const PartialRead& partial);
  ClipFrames load(const std::filesystem::path& video);

  FrameOptions options;
  int64_t max_bytes;
  std::shared_ptr<DiskFrameCache> disk;
  std::mutex mutex;  // guards all below
  Entries entries;   // the most recently used first
  std::unordered_map<std::string, Entries::iterator> entry_of_key;
  std::unordered_map<std::string, std::shared_future<ClipFrames>> loading;
  int64_t bytes = 0;
  int64_t num_decodes = 0;
  std::unordered_set<std::string> partly_read;  // keys
  PartialReads partial_reads;
};

void FrameCache::Impl::note_partial(const std::filesystem::path& video,
                                    const PartialRead& partial) {
  const std::lock_guard lock(mutex);
  if (!partly_read.insert(video.lexically_normal().string()).second) return;
  ++partial_reads.num_videos;
  partial_reads.num_missing_frames += partial.num_cut_frames + partial.num_left_out;
  core::log_warning("{}: {} (video.allow_partial)", video.string(), describe(partial));
}

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

ClipFrames FrameCache::Impl::load(const std::filesystem::path& video) {
  const auto decode = [&] {
    ClipFrames clip = load_clip(video, options);
    if (!clip.partial.is_whole()) note_partial(video, clip.partial);
    const std::lock_guard lock(mutex);
    ++num_decodes;
    return clip;
  };
  return disk ? disk->get(video, options, decode) : decode();
}

FrameCache::FrameCache(FrameOptions options, int64_t max_bytes,
                       std::shared_ptr<DiskFrameCache> disk)
    : impl_(std::make_unique<Impl>()) {
  validate(options);
  RETRACE_CHECK(max_bytes >= 0, "a frame cache of {} bytes", max_bytes);
  impl_->options = std::move(options);
  impl_->disk = std::move(disk);
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
    ClipFrames clip = impl_->load(video);
    const std::lock_guard lock(impl_->mutex);
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

int64_t FrameCache::num_disk_hits() const {
  return impl_->disk ? impl_->disk->stats().hits : 0;
}

PartialReads FrameCache::partial_reads() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->partial_reads;
}

}  // namespace retrace::data
