// The frame cache on disk among several processes, some of which die.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/files.h"
#include "data/disk_frame_cache.h"
#include "tests/data/disk_cache_fixture.h"

namespace retrace::data {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::clip_of;
using test::is_clip_of;
using test::level_of;

using DiskCacheProcesses = test::DiskCacheFolderTest;

// Runs `work` in a process of its own; returns what waitpid says.
int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

// ---------------------------------------------------------------------------------------------------------------
// Several processes
// ---------------------------------------------------------------------------------------------------------------
TEST_F(DiskCacheProcesses, ProcessesThatWantTheSameClipDecodeItOnce) {
  const fs::path file = video("a", "content");
  const fs::path log = folder_ / "decodes";
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      DiskFrameCache cache(cache_options());
      const ClipFrames clip = cache.get(file, {}, [&] {
        std::ofstream(log, std::ios::app) << "x" << std::flush;
        std::this_thread::sleep_for(milliseconds(100));
        return clip_of(9);
      });
      ::_exit(is_clip_of(9, clip) ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(core::read_text_file(log), "x");
}

TEST_F(DiskCacheProcesses, ProcessesThatFillASmallCacheStayWithinTheLimitAndGetTheRightFrames) {
  const DiskCacheOptions options = cache_options(3);
  for (int64_t i = 0; i < 8; ++i) video(std::to_string(i), std::to_string(i));
  std::vector<pid_t> children;
  for (int64_t worker = 0; worker < 4; ++worker) {
    const pid_t child = ::fork();
    if (child == 0) {
      DiskFrameCache cache(options);
      bool is_right = true;
      for (int64_t i = 0; i < 60; ++i) {
        const int64_t which = (i * (2 * worker + 1) + worker) % 8;
        const fs::path file = folder_ / std::to_string(which);
        is_right &= is_clip_of(which, cache.get(file, {}, [which] { return clip_of(which); }));
      }
      ::_exit(is_right && cache.stats().damaged == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_LE(files(".clip").size(), 3u);
  EXPECT_TRUE(files(".tmp").empty());
}

TEST_F(DiskCacheProcesses, WaitingForAnotherProcessEndsAtTheDeadline) {
  const fs::path file = video("a", "content");
  DiskCacheOptions options = cache_options();
  options.patience = milliseconds(50);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    DiskFrameCache cache(options);
    cache.get(file, {}, [&]() -> ClipFrames {
      [[maybe_unused]] const ssize_t told = ::write(pipe_ends[1], "x", 1);
      ::pause();  // a decoder that never ends
      return clip_of(1);
    });
    ::_exit(0);
  }
  char started = 0;
  ASSERT_EQ(::read(pipe_ends[0], &started, 1), 1);
  DiskFrameCache cache(options);
  EXPECT_EQ(level_of(cache.get(file, {}, [] { return clip_of(2); })), 2);
  EXPECT_EQ(cache.stats().stores, 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  // The dead hold no locks.
  EXPECT_EQ(level_of(cache.get(file, {}, [] { return clip_of(3); })), 3);
  EXPECT_EQ(cache.stats().stores, 1);
}

// ---------------------------------------------------------------------------------------------------------------
// Crashes and bad folders
// ---------------------------------------------------------------------------------------------------------------
// The kernel ends the process in the middle of the write that passes the limit.
TEST_F(DiskCacheProcesses, AProcessThatDiesWhileItWritesLeavesNothingThatCounts) {
  const fs::path file = video("a", "content");
  const int status = in_child([&] {
    const rlimit no_core = {0, 0}, half_a_clip = {6000, 6000};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_FSIZE, &half_a_clip);
    get(cache_options(), file, 1);
  });
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
  ASSERT_EQ(files(".tmp").size(), 1u);
  EXPECT_TRUE(files(".clip").empty());
  DiskFrameCache cache(cache_options());
  EXPECT_EQ(cache.stats().leftovers_removed, 1);
  EXPECT_TRUE(files(".tmp").empty());
  EXPECT_TRUE(is_clip_of(2, cache.get(file, {}, [] { return clip_of(2); })));
  EXPECT_EQ(cache.stats().stores, 1);
}

TEST_F(DiskCacheProcesses, KilledAtAnyMomentTheFolderStaysGood) {
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      DiskFrameCache cache(cache_options(3));
      for (int64_t i = 0;; i = (i + 1) % 8) {
        cache.get(video("child" + std::to_string(i), std::to_string(i)), {},
                  [i] { return clip_of(i); });
      }
    }
    std::this_thread::sleep_for(milliseconds(3 + round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    DiskFrameCache cache(cache_options(3));
    for (int64_t i = 0; i < 8; ++i) {
      const fs::path file = video("mine", std::to_string(i));
      EXPECT_TRUE(is_clip_of(i, cache.get(file, {}, [i] { return clip_of(i); })));
    }
    EXPECT_EQ(cache.stats().damaged, 0);
    EXPECT_TRUE(files(".tmp").empty());
    EXPECT_LE(files(".clip").size(), 3u);
  }
}

// A limit on the size of files stands for a full disk: the write fails half way.
TEST_F(DiskCacheProcesses, AFullDiskEndsTheStoringAndNothingElse) {
  const fs::path a = video("a", "a"), b = video("b", "b");
  get(cache_options(), a, 1);
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {6000, 6000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    DiskFrameCache cache(cache_options());
    const bool is_right = is_clip_of(1, cache.get(a, {}, [] { return clip_of(7); })) &&
                          is_clip_of(2, cache.get(b, {}, [] { return clip_of(2); })) &&
                          is_clip_of(3, cache.get(b, {}, [] { return clip_of(3); }));
    ::_exit(is_right && cache.stats().stores == 0 && cache.stats().hits == 1 ? 0 : 1);
  });
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(files(".tmp").empty());
  EXPECT_EQ(files(".clip").size(), 1u);
}

TEST_F(DiskCacheProcesses, AFolderThatCannotBeMadeIsNoError) {
  DiskCacheOptions options = cache_options();
  options.folder = video("file", "x") / "below";
  DiskFrameCache cache(options);
  EXPECT_EQ(level_of(cache.get(folder_ / "file", {}, [] { return clip_of(2); })), 2);
  EXPECT_EQ(cache.stats().stores, 0);
}

TEST_F(DiskCacheProcesses, EntriesOfAReadOnlyFolderAreRead) {
  const fs::path a = video("a", "a"), b = video("b", "b");
  get(cache_options(), a, 1);
  constexpr auto kReadable = static_cast<fs::perms>(0444),
                 kEnterable = static_cast<fs::perms>(0555);
  for (const fs::path& file : {a, b, only_entry(), folder_ / "cache" / "lock"}) {
    fs::permissions(file, kReadable);
  }
  fs::permissions(folder_ / "cache", kEnterable);
  fs::permissions(folder_.path(), kEnterable);
  const int status = in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);  // root may write everywhere
    DiskFrameCache cache(cache_options());
    const bool is_right = is_clip_of(1, cache.get(a, {}, [] { return clip_of(7); })) &&
                          is_clip_of(2, cache.get(b, {}, [] { return clip_of(2); }));
    ::_exit(is_right && cache.stats().stores == 0 ? 0 : 1);
  });
  fs::permissions(folder_.path(), fs::perms::owner_all);
  fs::permissions(folder_ / "cache", fs::perms::owner_all);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace retrace::data
