// Time of the kernels at the tiny model's shapes, one thread, beside the plain ATen way where there
// is one.
//
//   build/cpu-release/bin/kernels_bench --benchmark_filter=Linear
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/decode_attention.h"
#include "kernels/linear.h"
#include "kernels/packed_attention.h"
#include "kernels/token_logprob.h"

namespace {

using namespace retrace;

constexpr int64_t kHeads = 6, kKvHeads = 2, kHeadDim = 32;

// rows x inputs x outputs
void set_flops(benchmark::State& state) {
  const double flops = 2.0 * static_cast<double>(state.range(0) * state.range(1) * state.range(2));
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

void Linear(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({state.range(0), state.range(1)});
  const at::Tensor weight = at::randn({state.range(2), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(kernels::linear(x, weight));
  set_flops(state);
}

void LinearByAten(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({state.range(0), state.range(1)});
  const at::Tensor weight = at::randn({state.range(2), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(at::mm(x, weight.t()));
  set_flops(state);
}

// A prompt of 130 rows and `completions` of 45 rows that share it.
void PackedAttention(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  kernels::AttentionPlan plan = kernels::single_segment_plan(130);
  for (int64_t i = 0; i < state.range(0); ++i)
    plan.segments.push_back({130 + 45 * i, 175 + 45 * i, 0});
  const at::Tensor q = at::randn({plan.num_rows(), kHeads, kHeadDim});
  const at::Tensor k = at::randn({plan.num_rows(), kKvHeads, kHeadDim});
  const at::Tensor v = at::randn({plan.num_rows(), kKvHeads, kHeadDim});
  for (auto _ : state) benchmark::DoNotOptimize(kernels::packed_attention(q, k, v, plan));
}

void DecodeAttention(benchmark::State& state) {
  const at::Tensor prefix = at::randn({2, 130, kKvHeads, kHeadDim});
  const at::Tensor suffix = at::randn({2, 40, kKvHeads, kHeadDim});
  const kernels::DecodeRow row{prefix[0].data_ptr<float>(), prefix[1].data_ptr<float>(), 130,
                               suffix[0].data_ptr<float>(), suffix[1].data_ptr<float>(), 40};
  const std::vector<kernels::DecodeRow> rows(static_cast<size_t>(state.range(0)), row);
  const at::Tensor q = at::randn({state.range(0), kHeads, kHeadDim});
  for (auto _ : state) benchmark::DoNotOptimize(kernels::decode_attention(q, rows, kKvHeads));
}

void TokenLogprobForward(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  const at::Tensor hidden = at::randn({state.range(0), 192});
  const at::Tensor weight = at::randn({480, 192});
  const at::Tensor labels = at::randint(480, {state.range(0)}, at::kLong);
  for (auto _ : state)
    benchmark::DoNotOptimize(kernels::token_logprob(hidden, weight, labels).logprob_T);
}

BENCHMARK(Linear)->Args({4096, 192, 576})->Args({4096, 576, 192})->Args({32, 192, 576});
BENCHMARK(LinearByAten)->Args({4096, 192, 576})->Args({4096, 576, 192})->Args({32, 192, 576});
BENCHMARK(PackedAttention)->Arg(1)->Arg(8);
BENCHMARK(DecodeAttention)->Arg(32);
BENCHMARK(TokenLogprobForward)->Arg(4096);

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
