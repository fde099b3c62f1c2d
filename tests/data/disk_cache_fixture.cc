#include "tests/data/disk_cache_fixture.h"

#include <ATen/ATen.h>

#include <chrono>
#include <fstream>

#include "data/clip_file.h"

namespace retrace::test {

namespace fs = std::filesystem;

data::ClipFrames clip_of(int64_t level) {
  constexpr int64_t kSide = 40, kFrames = 3;
  data::ClipFrames clip;
  clip.frames = at::full({kFrames, 3, kSide, kSide}, level, at::kByte);
  clip.frame_indices = {0, 7, level};
  clip.video_fps = 29.97;
  clip.sampled_fps = 2.5;
  return clip;
}

int64_t level_of(const data::ClipFrames& clip) {
  return clip.frames[0][0][0][0].item<int64_t>();
}

bool is_clip_of(int64_t level, const data::ClipFrames& clip) {
  const data::ClipFrames expected = clip_of(level);
  return at::equal(clip.frames, expected.frames) && clip.frame_indices == expected.frame_indices &&
         clip.video_fps == expected.video_fps && clip.sampled_fps == expected.sampled_fps;
}

data::DiskCacheOptions DiskCacheFolderTest::cache_options(int64_t num_clips) const {
  return {.folder = folder_ / "cache",
          .max_bytes = num_clips * data::clip_file_bytes(clip_of(0)),
          .patience = std::chrono::milliseconds(20000)};
}

fs::path DiskCacheFolderTest::video(const std::string& name, const std::string& content) const {
  std::ofstream(folder_ / name, std::ios::trunc) << content;
  return folder_ / name;
}

std::vector<fs::path> DiskCacheFolderTest::files(const std::string& extension) const {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder_ / "cache")) {
    if (file.path().extension() == extension) found.push_back(file.path());
  }
  return found;
}

fs::path DiskCacheFolderTest::only_entry() const {
  const auto entries = files(".clip");
  EXPECT_EQ(entries.size(), 1u);
  return entries.at(0);
}

data::ClipFrames DiskCacheFolderTest::get(const data::DiskCacheOptions& options,
                                          const fs::path& file, int64_t level,
                                          const data::FrameOptions& frame_options) {
  data::DiskFrameCache cache(options);
  return cache.get(file, frame_options, [level] { return clip_of(level); });
}

}  // namespace retrace::test
