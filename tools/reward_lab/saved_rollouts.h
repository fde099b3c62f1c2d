// The completions that a run saved, read back file by file with their samples, so that other
// rewards can score them. Unlike rl/run_records.h a bad line does not end it: it is named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::reward_lab {

struct SavedCompletion {
  std::string text;
  bool truncated = false;
  int64_t num_tokens = 0;
  std::optional<double> reward;  // the total as saved
};

struct SavedGroup {
  int64_t step = 0, slot = 0;
  data::Sample sample;  // what the line tells of it
  std::vector<SavedCompletion> completions;
  std::vector<SavedCompletion> shuffled;  // about frame-shuffled clips, where the run has them
};

struct BadLine {
  std::string where, reason;  // "step-000001.jsonl:7"
};

class RolloutReader {
 public:
  // A folder of step-*.jsonl, or a run folder that holds it as rollouts/. Throws DataError if there
  // are no such files.
  explicit RolloutReader(const std::filesystem::path& folder);

  size_t num_files() const { return files_.size(); }
  // The groups of the next file, in order; nothing after the last. Holds one file at a time.
  std::optional<std::vector<SavedGroup>> next();
  const std::vector<BadLine>& bad_lines() const { return bad_lines_; }

 private:
  std::vector<SavedGroup> read(const std::filesystem::path& file);
  void add_shuffled(const std::filesystem::path& file, std::vector<SavedGroup>& groups);

  std::vector<std::filesystem::path> files_;
  size_t next_ = 0;
  std::vector<BadLine> bad_lines_;
};

}  // namespace retrace::reward_lab
