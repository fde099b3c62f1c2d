// The message of the error that a call must throw.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace retrace::test {

// what() of the `Error` that `call` throws; a failure of the test (and "") if it throws nothing or
// something else. The message of a user-facing error is one line.
template <class Error>
std::string error_text(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "threw another error: " << error.what();
    return "";
  }
  ADD_FAILURE() << "threw nothing";
  return "";
}

}  // namespace retrace::test
