#include "data/disk_frame_cache.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "data/clip_file.h"
#include "data/frame_cache.h"
#include "tests/data/disk_cache_fixture.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::clip_of;
using test::error_text;
using test::is_clip_of;
using test::level_of;
using ::testing::HasSubstr;

using DiskFrameCacheTest = test::DiskCacheFolderTest;

TEST_F(DiskFrameCacheTest, ASecondRunReadsWhatTheFirstStored) {
  const fs::path file = video("a", "content");
  EXPECT_TRUE(is_clip_of(5, get(cache_options(), file, 5)));
  EXPECT_TRUE(is_clip_of(5, get(cache_options(), file, 6)));
  EXPECT_TRUE(files(".tmp").empty());
}

TEST_F(DiskFrameCacheTest, CopiesAndRenamedFilesHit) {
  get(cache_options(), video("a", "content"), 5);
  EXPECT_EQ(level_of(get(cache_options(), video("b", "content"), 6)), 5);
  EXPECT_EQ(level_of(get(cache_options(), video("c", "contend"), 6)), 6);
}

TEST_F(DiskFrameCacheTest, AChangedFileNeverGivesOldFrames) {
  const fs::path file = video("a", "first");
  DiskFrameCache cache(cache_options());
  for (int64_t level = 0; level < 30; ++level) {
    // The same length, at once, and with the old modification time: only the change time tells.
    struct stat status = {};
    ::stat(file.c_str(), &status);
    video("a", "text" + std::to_string(100 + level));
    const timespec times[2] = {status.st_atim, status.st_mtim};
    ::utimensat(AT_FDCWD, file.c_str(), times, 0);
    EXPECT_EQ(level_of(cache.get(file, {}, [level] { return clip_of(level); })), level);
  }
}

TEST_F(DiskFrameCacheTest, ContentsOfOldFilesAreHashedOnceAndChangesAreStillSeen) {
  const fs::path file = video("a", "first");
  std::this_thread::sleep_for(milliseconds(2100));  // an identity is trusted from 2 s on
  get(cache_options(), file, 1);
  EXPECT_EQ(files(".content").size(), 1u);
  EXPECT_EQ(level_of(get(cache_options(), file, 2)), 1);
  video("a", "other");
  EXPECT_EQ(level_of(get(cache_options(), file, 3)), 3);
  // Half a remembered hash is none.
  fs::resize_file(files(".content").at(0), 20);
  EXPECT_EQ(level_of(get(cache_options(), file, 4)), 3);
}

TEST_F(DiskFrameCacheTest, EveryOptionIsPartOfTheKey) {
  const fs::path file = video("a", "content");
  std::vector<FrameOptions> variants(15);
  variants[1].sampler.rule = SamplingRule::kLinspaceFloor;
  variants[2].sampler.fps = 2.0000000001;
  variants[3].sampler.min_frames = 6;
  variants[4].sampler.max_frames = 700;
  variants[5].sampler.num_frames = 9;
  variants[6].resize_factor = 32;
  variants[7].min_pixels = 1000;
  variants[8].max_pixels = 200000;
  variants[9].resize = ResizeArithmetic::kUint8;
  variants[10].sampler.times = {1.5};
  variants[11].sampler.times = {1.5, 2};
  variants[12].max_clip_bytes = 1 << 20;
  variants[13].allow_partial = true;
  variants[14].size_rule = ResizeRule::kProcessor;
  for (int64_t i = 0; i < std::ssize(variants); ++i) {
    EXPECT_EQ(level_of(get(cache_options(), file, i, variants[i])), i);
  }
  EXPECT_EQ(std::ssize(files(".clip")), std::ssize(variants));
}

TEST_F(DiskFrameCacheTest, WhatReadingMayCostIsNotPartOfTheKey) {
  const fs::path file = video("a", "content");
  FrameOptions patient;
  patient.limits.deadline_seconds = 1000;
  EXPECT_EQ(level_of(get(cache_options(), file, 1)), 1);
  EXPECT_EQ(level_of(get(cache_options(), file, 2, patient)), 1);
}

TEST_F(DiskFrameCacheTest, AClipThatLacksFramesIsNotStored) {
  DiskFrameCache cache(cache_options());
  cache.get(video("a", "content"), {}, [] {
    ClipFrames clip = clip_of(1);
    clip.partial.num_left_out = 1;
    return clip;
  });
  EXPECT_EQ(cache.stats().stores, 0);
}

TEST_F(DiskFrameCacheTest, AFileThatChangesWhileItIsDecodedIsNotStored) {
  const fs::path file = video("a", "content");
  DiskFrameCache cache(cache_options());
  cache.get(file, {}, [&] {
    video("a", "longer content");
    return clip_of(1);
  });
  EXPECT_EQ(cache.stats().stores, 0);
  EXPECT_TRUE(files(".clip").empty());
}

TEST_F(DiskFrameCacheTest, ErrorsOfTheDecoderPassThroughAndAreNotKept) {
  DiskFrameCache cache(cache_options());
  const auto fails = []() -> ClipFrames { core::throw_<core::DataError>("no such thing"); };
  for (const fs::path& file : {video("a", "content"), folder_ / "missing", folder_.path()}) {
    EXPECT_THAT(error_text<core::DataError>([&] { cache.get(file, {}, fails); }),
                HasSubstr("no such thing"));
  }
  EXPECT_EQ(level_of(cache.get(folder_ / "a", {}, [] { return clip_of(3); })), 3);
  EXPECT_EQ(cache.stats().stores, 1);
}

// ---------------------------------------------------------------------------------------------------------------
// Damage
// ---------------------------------------------------------------------------------------------------------------
TEST_F(DiskFrameCacheTest, AFlippedBitAnywhereIsFoundAndTheEntryIsMadeAgain) {
  const fs::path file = video("a", "content");
  get(cache_options(), file, 1);
  const std::string good = core::read_text_file(only_entry());
  for (size_t at = 0; at < good.size(); at = at < 100 ? at + 1 : at + 1499) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::ofstream(only_entry(), std::ios::binary) << bad;
    DiskFrameCache cache(cache_options());
    EXPECT_TRUE(is_clip_of(1, cache.get(file, {}, [] { return clip_of(1); }))) << at;
    EXPECT_EQ(cache.stats().damaged, 1) << at;
    EXPECT_EQ(cache.stats().stores, 1) << at;
  }
  EXPECT_EQ(core::read_text_file(only_entry()), good);
}

TEST_F(DiskFrameCacheTest, ATruncatedOrLengthenedEntryIsMadeAgain) {
  const fs::path file = video("a", "content");
  get(cache_options(), file, 1);
  const auto size = static_cast<int64_t>(fs::file_size(only_entry()));
  for (const int64_t length : {int64_t{0}, int64_t{1}, int64_t{63}, int64_t{64}, int64_t{80},
                               size / 2, size - 1, size + 1, 3 * size}) {
    fs::resize_file(only_entry(), static_cast<uintmax_t>(length));
    DiskFrameCache cache(cache_options());
    EXPECT_TRUE(is_clip_of(1, cache.get(file, {}, [] { return clip_of(1); }))) << length;
    EXPECT_EQ(cache.stats().damaged, 1) << length;
  }
}

TEST_F(DiskFrameCacheTest, AHeaderThatAsksForMuchMemoryIsRefused) {
  const fs::path file = folder_ / "huge.clip";
  write_clip_file(file, clip_of(1));
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  const int64_t much[3] = {int64_t{1} << 24, int64_t{1} << 20, int64_t{1} << 20};
  stream.seekp(16).write(reinterpret_cast<const char*>(much), sizeof(much));
  stream.close();
  EXPECT_THAT(error_text<core::DataError>([&] { read_clip_file(file); }), HasSubstr("is damaged"));
}

// ---------------------------------------------------------------------------------------------------------------
// Size
// ---------------------------------------------------------------------------------------------------------------
TEST_F(DiskFrameCacheTest, TheLeastRecentlyUsedLeavesFirst) {
  const DiskCacheOptions options = cache_options(2);
  const fs::path a = video("a", "a"), b = video("b", "b"), c = video("c", "c");
  DiskFrameCache cache(options);
  const auto use = [&](const fs::path& file) {
    std::this_thread::sleep_for(milliseconds(20));  // coarse clocks of file systems
    const int64_t before = cache.stats().decodes;
    cache.get(file, {}, [] { return clip_of(1); });
    return cache.stats().decodes == before;
  };
  EXPECT_FALSE(use(a));
  EXPECT_FALSE(use(b));
  EXPECT_TRUE(use(a));
  EXPECT_FALSE(use(c));  // b leaves
  EXPECT_EQ(cache.stats().evicted, 1);
  EXPECT_TRUE(use(a));
  EXPECT_TRUE(use(c));
  EXPECT_FALSE(use(b));
}

TEST_F(DiskFrameCacheTest, ASmallerLimitShrinksTheFolderWhenItIsOpened) {
  for (const char* name : {"a", "b", "c", "d"}) get(cache_options(), video(name, name), 1);
  DiskFrameCache cache(cache_options(2));
  EXPECT_EQ(files(".clip").size(), 2u);
}

TEST_F(DiskFrameCacheTest, AClipAboveTheLimitIsGivenButNotStored) {
  DiskCacheOptions options = cache_options(1);
  --options.max_bytes;
  DiskFrameCache cache(options);
  EXPECT_EQ(level_of(cache.get(video("a", "a"), {}, [] { return clip_of(1); })), 1);
  EXPECT_EQ(cache.stats().stores, 0);
  EXPECT_TRUE(files(".clip").empty() && files(".tmp").empty());
}

TEST_F(DiskFrameCacheTest, MemoryComesBeforeDiskAndDiskBeforeDecoding) {
  const fs::path file = folder_ / "a.mp4";
  test::run_ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=5:duration=2 '" + file.string() + "'");
  FrameOptions options;
  options.min_pixels = 1;
  options.max_pixels = 28 * 28 * 4;
  const auto disk = std::make_shared<DiskFrameCache>(cache_options());
  FrameCache first(options, 1 << 24, disk), second(options, 1 << 24, disk);
  const ClipFrames decoded = first.get(file);
  first.get(file);
  EXPECT_EQ(first.num_decodes(), 1);
  EXPECT_EQ(disk->stats().hits, 0);
  const ClipFrames read = second.get(file);
  EXPECT_EQ(second.num_decodes(), 0);
  EXPECT_EQ(disk->stats().hits, 1);
  EXPECT_EQ(second.num_disk_hits(), 1);
  EXPECT_EQ(FrameCache(options, 1 << 24).num_disk_hits(), 0);
  EXPECT_TRUE(at::equal(read.frames, decoded.frames));
  EXPECT_EQ(read.frame_indices, decoded.frame_indices);
  EXPECT_EQ(read.sampled_fps, decoded.sampled_fps);
  EXPECT_EQ(read.video_fps, decoded.video_fps);
}

}  // namespace
}  // namespace retrace::data
