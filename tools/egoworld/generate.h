// Renders a whole data set: videos, questions, ground truth and, when asked, a training corpus.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "tools/egoworld/clip.h"
#include "tools/egoworld/corpus.h"

namespace retrace::egoworld {

struct GenerateOptions {
  std::filesystem::path out;
  int64_t num_clips = 0;  // 1 to 1,000,000
  WorldOptions world;
  CorpusOptions corpus;           // its thought_weights also style the solutions in qa.jsonl
  bool benchmark_layout = false;  // also the files of benchmark_files.h
  int64_t num_jobs = 1;           // threads; the content does not depend on it
  bool overwrite = false;

  bool has_corpus() const {
    return std::any_of(corpus.counts.begin(), corpus.counts.end(),
                       [](int64_t count) { return count > 0; });
  }
};

// Throws ConfigError for a value outside its limits, or more corpus records than the clips give.
void validate(const GenerateOptions& options);

enum class Outcome { kWritten, kAlreadyThere };

// Calls `on_progress` with the number of clips done (first with 0, never when all is there
// already), from one thread at a time. Throws ConfigError (validate), DataError (the folder holds
// something else, a file cannot be written), and core::Error with exit code 130 or 143 when a
// signal arrived; then the folder has no manifest and needs `overwrite` next time.
Outcome generate(const GenerateOptions& options, const std::function<void(int64_t)>& on_progress);

}  // namespace retrace::egoworld
