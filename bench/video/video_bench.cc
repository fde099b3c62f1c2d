// Times reading evenly spaced frames of a video: from opening the file to resized RGB, one thread,
// a new reader every time. bench/video/run.sh runs it between its peers.
//
//   video_bench FILE [--repeats N]    seconds of each read, by the clock and of the
//                                     processor, one a line, after one that does not count
//   video_bench FILE --stages         where the time goes
//   video_bench FILE --cache DIR      seconds of each read from the frame cache on disk
//   video_bench FILE --check          compares with a decode of every frame; exit code 1 if
//   different
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/resources.h"
#include "data/clip.h"
#include "data/disk_frame_cache.h"
#include "data/frame_resize.h"
#include "data/frame_sampler.h"
#include "data/video_reader.h"

namespace {

using namespace retrace;

struct Seconds {
  double wall = 1e9, cpu = 1e9;
};

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Seconds time_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  const double begin_cpu = cpu_seconds();
  work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {wall.count(), cpu_seconds() - begin_cpu};
}

// What 640 x 360 pixels become.
constexpr data::FrameSize kSize{280, 504};

data::FrameOptions eight_frames() {
  data::FrameOptions options;
  options.sampler.rule = data::SamplingRule::kLinspaceFloor;
  options.sampler.num_frames = 8;
  options.max_pixels = 360 * 420;
  return options;
}

void print_reads(int64_t repeats, const std::function<data::ClipFrames()>& read) {
  read();
  for (int64_t i = 0; i < repeats; ++i) {
    data::ClipFrames clip;
    const Seconds seconds = time_of([&] { clip = read(); });
    fmt::print("{:.6f} {:.6f}\n", seconds.wall, seconds.cpu);
  }
}

// The processor's time: what a quiet machine's clock would show.
void print_stages(const std::string& file, const data::FrameOptions& options, int64_t repeats) {
  const auto cpu_of = [](const std::function<void()>& work) { return time_of(work).cpu; };
  double open = 1e9, read = 1e9, resize = 1e9;
  int64_t packets = 0, seeks = 0;
  for (int64_t i = 0; i < repeats; ++i) {
    std::unique_ptr<data::VideoReader> reader;
    open = std::min(open, cpu_of([&] { reader = std::make_unique<data::VideoReader>(file); }));
    const std::vector<int64_t> indices =
        data::sample_frame_indices(reader->info().num_frames, reader->info().fps, options.sampler);
    data::VideoFrames frames;
    read = std::min(read, cpu_of([&] { frames = reader->read(indices); }));
    resize = std::min(resize, cpu_of([&] { data::resize_frames(frames.frames, kSize); }));
    packets = reader->stats().packets_decoded;
    seeks = reader->stats().seeks;
  }
  fmt::print(
      "open and index {:.1f} ms, decode and convert {:.1f} ms ({} packets, {} seeks), resize "
      "{:.1f} ms\n",
      open * 1e3, read * 1e3, packets, seeks, resize * 1e3);
}

void print_cache_reads(const std::string& file, const data::FrameOptions& options,
                       const std::string& folder, int64_t repeats) {
  data::DiskCacheOptions cache_options;
  cache_options.folder = folder;
  data::DiskFrameCache cache(cache_options);
  print_reads(repeats, [&] {
    return cache.get(file, options, [&] { return data::load_clip(file, options); });
  });
}

// Frames that nobody skipped anything for: every one of the video is asked for.
bool is_exact(const std::string& file, const data::FrameOptions& options) {
  data::VideoReader sparse(file), dense(file);
  const std::vector<int64_t> wanted =
      data::sample_frame_indices(sparse.info().num_frames, sparse.info().fps, options.sampler);
  const at::Tensor frames = sparse.read(wanted).frames;
  constexpr int64_t kBatch = 50;
  int64_t num_equal = 0;
  for (int64_t begin = 0; begin < dense.info().num_frames; begin += kBatch) {
    std::vector<int64_t> batch(
        static_cast<size_t>(std::min(kBatch, dense.info().num_frames - begin)));
    std::iota(batch.begin(), batch.end(), begin);
    const at::Tensor all = dense.read(batch).frames;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] < begin || wanted[i] >= begin + std::ssize(batch)) continue;
      num_equal += at::equal(frames[static_cast<int64_t>(i)], all[wanted[i] - begin]) ? 1 : 0;
    }
  }
  fmt::print("{} of {} frames equal those of a full sequential decode, bit for bit\n", num_equal,
             wanted.size());
  return num_equal == std::ssize(wanted);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Times reading 8 evenly spaced frames of a video, resized"};
  std::string file, cache;
  int64_t repeats = 3;
  bool stages = false, check = false;
  app.add_option("file", file)->required();
  app.add_option("--repeats", repeats);
  app.add_flag("--stages", stages);
  app.add_option("--cache", cache);
  app.add_flag("--check", check);
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(1);
  core::keep_freed_memory();  // as grpo_train does
  const data::FrameOptions options = eight_frames();
  try {
    if (check) return is_exact(file, options) ? 0 : 1;
    if (stages) {
      print_stages(file, options, repeats);
    } else if (!cache.empty()) {
      print_cache_reads(file, options, cache, repeats);
    } else {
      print_reads(repeats, [&] { return data::load_clip(file, options); });
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 3;
  }
  return 0;
}
