// A text file whose lines arrive out of order, from several threads, and are written in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace retrace::egoworld {

// Not thread-safe: the caller holds a lock. Writes to a temporary sibling until finish().
class OrderedLines {
 public:
  explicit OrderedLines(std::filesystem::path file);  // throws DataError
  ~OrderedLines();                                    // removes the temporary file unless finished
  OrderedLines(const OrderedLines&) = delete;
  OrderedLines& operator=(const OrderedLines&) = delete;

  // `text` (whole lines, each with its newline) becomes part number `index`; each index from 0
  // comes once.
  void add(int64_t index, std::string text);
  // Renames to the final name. Throws DataError if anything could not be written.
  void finish();

 private:
  std::filesystem::path file_, temporary_;
  std::ofstream stream_;
  std::map<int64_t, std::string> waiting_;
  int64_t next_ = 0;
  bool finished_ = false;
};

}  // namespace retrace::egoworld
