// What a run folder tells about its run, read back: metrics and saved completions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace retrace::rl {

struct MetricPoint {
  int64_t step = 0;
  double value = 0;  // NaN where the file says null
};

struct MetricHistory {
  std::map<std::string, std::vector<MetricPoint>> by_name;  // in the order of the file
  std::map<std::string, int64_t> first_step;                // of each stage: "sft", "grpo", "eval"
  // The points of a metric; empty for one that was never written.
  const std::vector<MetricPoint>& points(const std::string& name) const;
};

// Reads metrics.jsonl. No file gives an empty history. Throws DataError "<file>:<line>: ..." for a
// line that is not an object with a string "stage" and a whole number "step".
MetricHistory read_metric_history(const std::filesystem::path& metrics_jsonl);

// One completion as saved (rl/grpo_work.h).
struct SavedCompletion {
  int64_t slot = 0;
  std::string problem, answer, text, finish;
  std::vector<std::string> media;  // images, then videos: their paths
  int64_t num_tokens = 0;
  std::optional<double> reward;
  double advantage = 0;
  std::vector<std::pair<std::string, std::optional<double>>> parts;  // raw, in the rubric's order
};

struct SavedGroup {
  int64_t slot = 0;
  std::vector<SavedCompletion> completions;
};

// The groups of one rollouts file, in order. Throws DataError "<file>:<line>: ...".
std::vector<SavedGroup> read_rollout_groups(const std::filesystem::path& rollouts_jsonl);

// The rollout files of a run in step order. A missing folder has none.
std::vector<std::filesystem::path> list_rollout_files(const std::filesystem::path& rollout_folder);

// The largest answer letter in the files of an evaluations folder, 'A' to 'Z': questions with
// options A to D give 'D'. Reads the first file only, since all hold the same questions.
std::optional<char> last_answer_letter(const std::filesystem::path& evaluation_folder);

}  // namespace retrace::rl
