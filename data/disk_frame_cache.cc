#include "data/disk_frame_cache.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/logging.h"
#include "data/clip_file.h"
#include "data/content_hash.h"
#include "data/disk_cache_folder.h"
#include "data/ffmpeg_handles.h"

namespace retrace::data {
namespace {

// The bindings name every option there is, so that a new one does not compile until it is decided
// here whether it decides what a clip holds. The limits only decide what reading may cost.
std::string text_of(const FrameOptions& options) {
  const auto& [sampler, resize_factor, min_pixels, max_pixels, size_rule, resize, max_clip_bytes,
               limits, allow_partial] = options;
  static_cast<void>(limits);
  const auto& [rule, fps, min_frames, max_frames, num_frames, times] = sampler;
  std::string text = fmt::format("{} {:a} {} {} {} / {} {} {} {} {} {} {} /",
                                 static_cast<int>(rule), fps, min_frames, max_frames, num_frames,
                                 resize_factor, min_pixels, max_pixels, static_cast<int>(size_rule),
                                 static_cast<int>(resize), max_clip_bytes, allow_partial);
  for (const double time : times) text += fmt::format(" {:a}", time);
  return text;
}

std::string key_of(const std::string& content, const FrameOptions& options) {
  return text_hash(fmt::format("clip {} ffmpeg {} {} {} content {} options {}", kClipFileVersion,
                               avformat_version(), avcodec_version(), swscale_version(), content,
                               text_of(options)));
}

}  // namespace

struct DiskFrameCache::Impl {
  struct Content {
    FileIdentity identity;
    std::string hash;
  };
  explicit Impl(DiskCacheOptions cache_options)
      : options(std::move(cache_options)), folder(options.folder, options.max_bytes) {}

  std::optional<Content> content_of(const std::filesystem::path& video);
  std::optional<ClipFrames> find(const std::string& key);
  std::optional<ByteLock> lock_key(const std::filesystem::path& video, const std::string& key);
  ClipFrames make(const std::filesystem::path& video, const Content& content,
                  const std::string& key, const std::function<ClipFrames()>& decode);
  void store(const std::string& key, const ClipFrames& clip);
  void stop_writing(const std::string& reason);
  void count(int64_t DiskCacheStats::*number, int64_t by = 1) {
    const std::lock_guard lock(mutex);
    stats.*number += by;
  }

  DiskCacheOptions options;
  DiskCacheFolder folder;
  std::atomic<bool> is_writable{true};
  std::mutex mutex;  // guards all below
  DiskCacheStats stats;
  std::unordered_map<std::string, std::string> hash_of_identity;
};

void DiskFrameCache::Impl::stop_writing(const std::string& reason) {
  if (!is_writable.exchange(false)) return;
  core::log_warning(
      "frame cache: {}; this process stores no more clips on disk (those already there are used)",
      reason);
}

std::optional<DiskFrameCache::Impl::Content> DiskFrameCache::Impl::content_of(
    const std::filesystem::path& video) {
  const std::optional<FileIdentity> identity = file_identity(video);
  if (!identity) return std::nullopt;
  const std::string text = identity->text();
  const bool may_remember = is_settled(*identity);
  if (may_remember) {
    const std::lock_guard lock(mutex);
    const auto known = hash_of_identity.find(text);
    if (known != hash_of_identity.end()) return Content{*identity, known->second};
  }
  std::optional<std::string> hash = may_remember ? folder.find_content(text) : std::nullopt;
  if (!hash) {
    hash = content_hash(video);
    if (!hash || file_identity(video) != identity) return std::nullopt;
    if (may_remember && is_writable) folder.remember_content(text, *hash);
  }
  if (may_remember) {
    const std::lock_guard lock(mutex);
    hash_of_identity[text] = *hash;
  }
  return Content{*identity, *hash};
}

std::optional<ClipFrames> DiskFrameCache::Impl::find(const std::string& key) {
  try {
    std::optional<ClipFrames> clip = read_clip_file(folder.entry(key));
    if (clip) count(&DiskCacheStats::hits);
    return clip;
  } catch (const DamagedClip& error) {
    core::log_warning("frame cache: {}; the clip is decoded again", error.what());
    std::error_code ignored;
    std::filesystem::remove(folder.entry(key), ignored);
    count(&DiskCacheStats::damaged);
    return std::nullopt;
  } catch (const core::DataError& error) {  // too many open files, a share that is away
    core::log_warning("frame cache: {}; the clip is decoded again", error.what());
    return std::nullopt;
  }
}

void DiskFrameCache::Impl::store(const std::string& key, const ClipFrames& clip) {
  const std::filesystem::path unfinished = folder.unfinished(key);
  const int64_t num_bytes = clip_file_bytes(clip);
  std::optional<int64_t> num_evicted;
  if (num_bytes <= options.max_bytes) {
    try {
      write_clip_file(unfinished, clip);
      num_evicted = folder.publish(key, num_bytes);
    } catch (const core::DataError& error) {
      stop_writing(error.what());
    }
  }
  if (num_evicted) {
    count(&DiskCacheStats::stores);
    count(&DiskCacheStats::evicted, *num_evicted);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
}

std::optional<ByteLock> DiskFrameCache::Impl::lock_key(const std::filesystem::path& video,
                                                       const std::string& key) {
  if (!is_writable) return std::nullopt;
  try {
    std::optional<ByteLock> lock = folder.lock_key(key, options.patience);
    if (!lock) {
      core::log_warning(
          "frame cache: another process has been decoding {} for {} s; this one decodes it too",
          video.string(), std::chrono::duration<double>(options.patience).count());
    }
    return lock;
  } catch (const core::DataError& error) {
    stop_writing(error.what());
    return std::nullopt;
  }
}

ClipFrames DiskFrameCache::Impl::make(const std::filesystem::path& video, const Content& content,
                                      const std::string& key,
                                      const std::function<ClipFrames()>& decode) {
  const std::optional<ByteLock> lock = lock_key(video, key);
  if (lock) {  // another process may have finished it while this one waited
    if (std::optional<ClipFrames> clip = find(key)) return *std::move(clip);
  }
  count(&DiskCacheStats::decodes);
  ClipFrames clip = decode();
  // If the video changed while it was decoded, the key is not that of these frames.
  const bool is_same = file_identity(video) == content.identity;
  if (lock && is_same && clip.partial.is_whole()) store(key, clip);
  return clip;
}

DiskFrameCache::DiskFrameCache(DiskCacheOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
  RETRACE_CHECK(impl_->options.max_bytes >= 0, "a frame cache of {} bytes",
                impl_->options.max_bytes);
  try {
    impl_->stats.leftovers_removed = impl_->folder.open();
  } catch (const core::DataError& error) {
    impl_->stop_writing(error.what());
  }
}
DiskFrameCache::~DiskFrameCache() = default;

ClipFrames DiskFrameCache::get(const std::filesystem::path& video, const FrameOptions& options,
                               const std::function<ClipFrames()>& decode) {
  const std::optional<Impl::Content> content = impl_->content_of(video);
  if (!content) {  // missing or changing: the decoder says what is wrong with it
    impl_->count(&DiskCacheStats::decodes);
    return decode();
  }
  const std::string key = key_of(content->hash, options);
  if (std::optional<ClipFrames> clip = impl_->find(key)) return *std::move(clip);
  return impl_->make(video, *content, key, decode);
}

DiskCacheStats DiskFrameCache::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

}  // namespace retrace::data
