// Metrics of a run: one JSON line per step in metrics.jsonl, and the same scalars as TensorBoard
// events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace retrace::core {

// One named scalar of one step. Names are paths with slashes: "reward/mean", "time/step_s".
struct Metric {
  std::string name;
  double value = 0;
};

// Appends to `folder`/metrics.jsonl (keys "stage", "step", then the metrics in order; doubles in
// shortest form that reads back to the same bits, non-finite ones as null) and to
// `folder`/events.out.tfevents.*. Each write is flushed. Throws DataError when the folder cannot be
// written.
class MetricsWriter {
 public:
  explicit MetricsWriter(std::filesystem::path folder);
  ~MetricsWriter();
  void write(const std::string& stage, int64_t step, const std::vector<Metric>& metrics);

  // Drops the lines of `folder`/metrics.jsonl with a step above `step`, and a last line cut by a
  // crash: what a resumed run calls before it writes again. No file is fine. Call before
  // constructing.
  static void truncate_after(const std::filesystem::path& folder, int64_t step);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::core
