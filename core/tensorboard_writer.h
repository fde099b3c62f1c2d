// Scalars as a TensorBoard event file: TFRecord-framed Event messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/append_file.h"
#include "core/metrics.h"

namespace retrace::core {

// One TFRecord: length, its masked CRC, the payload, its masked CRC; little-endian.
std::string tfrecord(std::string_view payload);

class TensorBoardWriter {
 public:
  // A new file `folder`/events.out.tfevents.<seconds>.<host>.<pid>.<number>. Throws DataError.
  explicit TensorBoardWriter(const std::filesystem::path& folder);
  // Tags are "<stage>/<name>": the steps of every stage start anew and would overlap otherwise.
  void write(const std::string& stage, int64_t step, const std::vector<Metric>& metrics);

 private:
  AppendFile file_;
};

}  // namespace retrace::core
