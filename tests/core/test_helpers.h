// Small helpers of the core tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.h"

namespace retrace::core {

// The message of the error that `action` throws.
template <class ErrorType, class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "no error of the expected type";
}

template <class Action>
std::string config_error_of(Action action) {
  return error_of<ConfigError>(action);
}
template <class Action>
std::string data_error_of(Action action) {
  return error_of<DataError>(action);
}

// A fresh folder per test, removed at its end.
class TemporaryFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "retrace_core_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

}  // namespace retrace::core
