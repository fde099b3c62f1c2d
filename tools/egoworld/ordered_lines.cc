#include "tools/egoworld/ordered_lines.h"

#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files.h"

namespace retrace::egoworld {

OrderedLines::OrderedLines(std::filesystem::path file)
    : file_(std::move(file)),
      temporary_(core::temporary_sibling(file_)),
      stream_(temporary_, std::ios::binary) {
  if (!stream_)
    core::throw_<core::DataError>("{}: cannot be created; check the folder's permissions",
                                  file_.string());
}

OrderedLines::~OrderedLines() {
  if (finished_) return;
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void OrderedLines::add(int64_t index, std::string text) {
  waiting_.emplace(index, std::move(text));
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    stream_ << waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    ++next_;
  }
}

void OrderedLines::finish() {
  RETRACE_CHECK(waiting_.empty(), "{}: part {} is missing", file_.string(), next_);
  stream_.close();
  std::error_code status;
  if (stream_) std::filesystem::rename(temporary_, file_, status);
  if (!stream_ || status) {
    core::throw_<core::DataError>("{}: cannot be written; is the disk full?", file_.string());
  }
  finished_ = true;
}

}  // namespace retrace::egoworld
