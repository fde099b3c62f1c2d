// Judgements a second: by the rules, and by the HTTP judge through its cache on disk. Prints lines
// for people.
//
//   build/cpu-release/bin/judge_bench --folder /tmp/judge_cache_bench
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "reward/http_judge.h"
#include "reward/judge_cache.h"
#include "reward/rules_judge.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path folder;
  int num_requests = 2000;
  int num_threads = 2;
};

std::string description(int number) {
  std::string text = fmt::format("Walk past house {} and ", number);
  for (int turn = 0; turn < 6; ++turn)
    text += fmt::format("turn {} at the {} lamp, ", (number >> turn) % 2 == 0 ? "left" : "right",
                        turn % 2 == 0 ? "red" : "blue");
  return text + "then go up the stairs.";
}

// Calls judge(i) for all requests from all threads; judgements a second.
double measure(const Arguments& arguments, const std::function<void(int)>& judge) {
  std::atomic<int> next = 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < arguments.num_threads; ++i) {
    threads.emplace_back([&] {
      for (int request = next++; request < arguments.num_requests; request = next++) judge(request);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return arguments.num_requests / seconds.count();
}

void print(const Arguments& arguments, const char* what, double per_second) {
  fmt::print("{:<28} {:>9.0f} judgements a second, {} threads, {} requests\n", what, per_second,
             arguments.num_threads, arguments.num_requests);
}

reward::JudgeRequest request_of(const std::string& prediction) {
  return {.question = "How do you get to your destination?",
          .reference = "Turn left at the red lamp, turn right at the blue lamp, go up the stairs.",
          .prediction = prediction,
          .direction = data::TravelDirection::kForward};
}

void bench_rules(const Arguments& arguments) {
  const reward::RulesJudge judge;
  print(arguments, "rules", measure(arguments, [&](int i) {
          static_cast<void>(judge.judge(request_of(description(i))));
        }));
}

// No server listens at the endpoint: every verdict comes from the cache, or is counted as failed.
void bench_cache(const Arguments& arguments) {
  reward::HttpJudgeOptions options;
  options.endpoint = "http://127.0.0.1:9/v1/chat/completions";
  options.model = "any";
  options.retry.retries = 0;
  options.cache_folder = arguments.folder;
  const reward::HttpJudge judge(options);
  const reward::JudgeCache cache(arguments.folder);
  const auto key_of = [&](int i) {
    const std::string prediction = description(i);
    return judge.cache_key(request_of(prediction));
  };
  print(arguments, "http, storing in the cache", measure(arguments, [&](int i) {
          if (!cache.store(key_of(i), {5, 4, 3, "judged by any"}))
            core::throw_<core::DataError>("{}: cannot be written", arguments.folder.string());
        }));
  print(arguments, "http, through the cache", measure(arguments, [&](int i) {
          static_cast<void>(judge.judge(request_of(description(i))));
        }));
  const reward::JudgeCounts counts = judge.counts();
  fmt::print("of {} requests {} came from the cache, {} failed\n", counts.asked, counts.cache_hits,
             counts.failed);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Judgements a second.", "judge_bench");
  app.add_option("--folder", arguments.folder, "cache to fill and to read; is kept")->required();
  app.add_option("--requests", arguments.num_requests, "different requests")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", arguments.num_threads, "that judge at once")
      ->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  try {
    bench_rules(arguments);
    bench_cache(arguments);
    return 0;
  } catch (const core::Error& error) {
    fmt::print(stderr, "judge_bench: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
