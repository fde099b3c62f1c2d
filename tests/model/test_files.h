// What the tests of model/ share: golden files, throw-away folders, expected errors.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/files.h"

// Passes if `statement` throws `error_type` whose one-line message holds `part`.
#define EXPECT_ERROR(statement, error_type, part)                         \
  do {                                                                    \
    try {                                                                 \
      static_cast<void>(statement);                                       \
      ADD_FAILURE() << "expected " #error_type ", nothing was thrown";    \
    } catch (const error_type& error) {                                   \
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(part)); \
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos); \
    }                                                                     \
  } while (false)

namespace retrace::model {

inline std::filesystem::path golden_file(std::string_view name) {
  return std::filesystem::path(RETRACE_SOURCE_DIR) / "tests" / "golden" / name;
}

inline std::filesystem::path tiny_folder() {
  return std::filesystem::path(RETRACE_SOURCE_DIR) / "assets" / "tiny";
}

inline nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(core::read_text_file(file));
}

inline void write_text(const std::filesystem::path& file, std::string_view content) {
  std::ofstream stream(file, std::ios::binary);
  stream << content;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

// Removed with everything in it when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "retrace-model-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace retrace::model
