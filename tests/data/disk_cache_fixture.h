// What the tests of the frame cache on disk share. Its clips are no pictures of their videos: the
// cache does not care.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/disk_frame_cache.h"
#include "tests/data/video_fixtures.h"

namespace retrace::test {

// A clip that tells what it was made of.
data::ClipFrames clip_of(int64_t level);
int64_t level_of(const data::ClipFrames& clip);
bool is_clip_of(int64_t level, const data::ClipFrames& clip);

class DiskCacheFolderTest : public ::testing::Test {
 protected:
  // Room for so many clips.
  data::DiskCacheOptions cache_options(int64_t num_clips = 100) const;
  std::filesystem::path video(const std::string& name, const std::string& content) const;
  std::vector<std::filesystem::path> files(const std::string& extension) const;
  std::filesystem::path only_entry() const;
  // Gets from a cache opened for this call alone, as another run would.
  static data::ClipFrames get(const data::DiskCacheOptions& options,
                              const std::filesystem::path& file, int64_t level,
                              const data::FrameOptions& frame_options = {});
  TemporaryFolder folder_;
};

}  // namespace retrace::test
