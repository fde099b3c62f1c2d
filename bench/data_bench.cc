// Time of resizing and of the frame cache, one thread; the plain ATen way beside it where there is
// one.
//
//   build/cpu-release/bin/data_bench
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "data/disk_frame_cache.h"
#include "data/frame_resize.h"

namespace {

using namespace retrace;

at::Tensor frames_of(const benchmark::State& state) {
  return at::randint(0, 256, {1, 3, state.range(0), state.range(1)}).to(at::kByte);
}

void resize(benchmark::State& state, data::ResizeArithmetic arithmetic) {
  const at::Tensor frames = frames_of(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        data::resize_frames(frames, {state.range(2), state.range(3)}, arithmetic));
  }
}
void ResizeFloat32(benchmark::State& state) {
  resize(state, data::ResizeArithmetic::kFloat32);
}
void ResizeUint8(benchmark::State& state) {
  resize(state, data::ResizeArithmetic::kUint8);
}
void ResizeAten(benchmark::State& state) {
  const at::Tensor frames = frames_of(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        at::_upsample_bicubic2d_aa(frames.to(at::kFloat), {state.range(2), state.range(3)}, false)
            .clamp_(0, 255)
            .round_()
            .to(at::kByte));
  }
}

// A clip of 8 frames of 280 x 504 that is in the page cache.
void DiskCacheHit(benchmark::State& state) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("retrace_data_bench_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "video") << "content";
  ::sleep(3);  // a younger file is hashed at every read
  data::DiskCacheOptions options;
  options.folder = folder / "cache";
  data::DiskFrameCache cache(options);
  const auto decode = [] {
    data::ClipFrames clip;
    clip.frames = at::randint(0, 256, {8, 3, 280, 504}).to(at::kByte);
    clip.frame_indices = {0, 1, 2, 3, 4, 5, 6, 7};
    return clip;
  };
  for (auto _ : state) benchmark::DoNotOptimize(cache.get(folder / "video", {}, decode));
  std::filesystem::remove_all(folder);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({360, 640, 280, 504})->Args({720, 1280, 280, 504})->Args({1080, 1920, 280, 504});
  bench->Unit(benchmark::kMillisecond);
}

BENCHMARK(ResizeFloat32)->Apply(sizes);
BENCHMARK(ResizeUint8)->Apply(sizes);
BENCHMARK(ResizeAten)->Apply(sizes);
BENCHMARK(DiskCacheHit)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
