// What several EgoWorld tests share.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/files.h"
#include "tools/egoworld/turn.h"

namespace retrace::egoworld {

template <class E, class Call>
void expect_error(Call call, const std::string& part) {
  try {
    call();
    FAIL() << "expected an error that says: " << part;
  } catch (const E& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(part));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n"))) << "an error is one line";
  }
}

// All 3^length sequences.
inline std::vector<std::vector<Turn>> all_turn_sequences(int length) {
  std::vector<std::vector<Turn>> all = {{}};
  for (int i = 0; i < length; ++i) {
    std::vector<std::vector<Turn>> longer;
    for (const std::vector<Turn>& turns : all) {
      for (const Turn turn : {Turn::kLeft, Turn::kStraight, Turn::kRight}) {
        longer.push_back(turns);
        longer.back().push_back(turn);
      }
    }
    all = std::move(longer);
  }
  return all;
}

// Pearson's statistic against equal shares.
inline double chi_square_uniform(const std::vector<int64_t>& observed) {
  double total = 0;
  for (const int64_t count : observed) total += static_cast<double>(count);
  const double expected = total / static_cast<double>(observed.size());
  double sum = 0;
  for (const int64_t count : observed) {
    sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) /
           expected;
  }
  return sum;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int counter = 0;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("egoworld_test_{}_{}", getpid(), counter++);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  const std::string text = core::read_text_file(file);
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

}  // namespace retrace::egoworld
