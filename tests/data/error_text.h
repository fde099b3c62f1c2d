// The message of the error a call throws.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace retrace::test {

// Fails the test, and gives an empty text, if `call` throws no E.
template <class E, class Call>
std::string error_text(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << "an error is one line: " << text;
    return text;
  }
  ADD_FAILURE() << "expected an error, none came";
  return "";
}

}  // namespace retrace::test
