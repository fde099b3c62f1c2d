// Accuracy on held-out questions, with and without the video.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rl/stage.h"

namespace retrace::rl {

struct EvalCount {
  int64_t correct = 0, answered = 0, total = 0;  // answered: a letter could be read
  double accuracy() const {
    return total == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(total);
  }
};

struct Interval {
  double low = 0, high = 0;
};

// 95 % Wilson score interval of a proportion.
Interval wilson_interval(int64_t correct, int64_t total);

struct EvalResult {
  // Keys: "all", then "forward", "reverse", and "<task>/<direction>" as they occur.
  std::map<std::string, EvalCount> groups;
  const EvalCount& all() const { return groups.at("all"); }
};

// One completion a sample, at eval.temperature; the letter is read with reward::extract_letter.
// Ranks share the samples; every rank returns the whole result. Rank 0 writes one JSON line a
// sample to `details` (unless empty). A collective call.
EvalResult evaluate(const RunContext& context, const std::vector<data::Sample>& samples, bool blind,
                    const std::filesystem::path& details);

}  // namespace retrace::rl
