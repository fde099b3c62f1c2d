// Completions a second through rubrics, on one thread: what a recipe of rules costs, and hostile
// texts.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "reward/builtin_rewards.h"
#include "reward/rubric.h"

namespace {

using namespace retrace;

data::Sample direction_sample() {
  data::Sample sample;
  sample.task = data::Task::kDirection;
  sample.answer = 'C';
  sample.solution = "<think>x</think> <answer>C</answer>";
  sample.options = {"turn left, go straight, turn left", "turn right, go straight, turn left",
                    "turn right, go straight, turn right", "go straight, turn left"};
  return sample;
}

std::string thought_of(size_t num_bytes) {
  std::string thought = "On the way back: turn left, go straight, turn left. ";
  while (thought.size() < num_bytes) thought += "There is a door, and behind it a long corridor. ";
  return "<think>" + thought + "</think> <answer>C</answer>";
}

void score(benchmark::State& state, const reward::Rubric& rubric, const std::string& completion,
           const data::Sample& sample) {
  for (auto _ : state) benchmark::DoNotOptimize(rubric.score({completion, false, sample, 100}));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(completion.size()));
}

// Argument: bytes of the completion.
void LetterAndFormat(benchmark::State& state) {
  const reward::Rubric rubric({{"letter"}, {"format"}});
  score(state, rubric, thought_of(static_cast<size_t>(state.range(0))), direction_sample());
}
BENCHMARK(LetterAndFormat)->Arg(400)->Arg(10'000);

void SixRewards(benchmark::State& state) {
  const reward::Rubric rubric({{"format"},
                               {"letter"},
                               {"consistency"},
                               {"inverse_consistency"},
                               {"repetition"},
                               {"soft_overlong"}});
  score(state, rubric, thought_of(static_cast<size_t>(state.range(0))), direction_sample());
}
BENCHMARK(SixRewards)->Arg(400)->Arg(10'000)->Arg(100'000);

// Every reward of single completions that needs no judge, on a text without end.
void AllRewardsOnBrackets(benchmark::State& state) {
  std::vector<reward::RewardSpec> specs;
  for (const std::string& name : reward::builtin_reward_names()) {
    if (reward::needs_judge({name})) continue;
    if (std::holds_alternative<std::unique_ptr<reward::RewardFn>>(reward::default_reward(name)({})))
      specs.push_back({name});
  }
  std::string answer(static_cast<size_t>(state.range(0)), '[');
  score(state, reward::Rubric(specs), "<think>x</think><answer>" + answer + "</answer>",
        direction_sample());
}
BENCHMARK(AllRewardsOnBrackets)->Arg(10'000)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
