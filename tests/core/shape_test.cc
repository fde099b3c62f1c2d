#include "core/shape.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <class Action>
std::string internal_error_of(Action action) {
  return error_of<InternalError>(action);
}

TEST(CheckShape, AcceptsMatchingSizesAndAnySize) {
  const at::Tensor logits = at::zeros({4, 7}, at::kFloat);
  check_shape(logits, {4, 7}, "logits");
  check_shape(logits, {4, kAnySize}, "logits");
  check_shape(at::zeros({}, at::kFloat), {}, "loss");
}

TEST(CheckShape, NamesExpectedAndFoundShape) {
  const at::Tensor logits = at::zeros({4, 7}, at::kFloat);
  EXPECT_EQ(internal_error_of([&] {
              check_shape(logits, {5, kAnySize}, "logits");
            }),
            "logits: expected shape [5, *], found [4, 7]");
  EXPECT_EQ(internal_error_of([&] {
              check_shape(logits, {4, 7, 1}, "logits");
            }),
            "logits: expected shape [4, 7, 1], found [4, 7]");
  EXPECT_EQ(internal_error_of([&] { check_shape(logits, {}, "logits"); }),
            "logits: expected shape [], found [4, 7]");
  EXPECT_EQ(internal_error_of([&] { check_shape(at::Tensor(), {4}, "logits"); }),
            "logits: expected shape [4], found an undefined tensor");
}

TEST(CheckDtype, NamesExpectedAndFoundDtype) {
  check_dtype(at::zeros({2}, at::kLong), at::kLong, "ids");
  EXPECT_EQ(
      internal_error_of([] { check_dtype(at::zeros({2}, at::kDouble), at::kFloat, "logits"); }),
      "logits: expected dtype Float, found Double");
  EXPECT_THAT(internal_error_of([] { check_dtype(at::Tensor(), at::kFloat, "logits"); }),
              HasSubstr("found an undefined tensor"));
}

TEST(Errors, CarryTheExitCodeOfTheirFamily) {
  EXPECT_EQ(ConfigError("x").exit_code(), ExitCode::kUsage);
  EXPECT_EQ(DataError("x").exit_code(), ExitCode::kData);
  EXPECT_EQ(CheckpointError("x").exit_code(), ExitCode::kData);
  EXPECT_EQ(DistributedError("x").exit_code(), ExitCode::kDistributed);
  EXPECT_EQ(InternalError("x").exit_code(), ExitCode::kInternal);
}

TEST(Errors, ChecksNamePlaceConditionAndReason) {
  RETRACE_CHECK(1 + 1 == 2, "arithmetic");
  EXPECT_THAT(internal_error_of([] { RETRACE_CHECK(1 + 1 == 3, "found {}", 2); }),
              AllOf(HasSubstr("shape_test.cc:"), HasSubstr("1 + 1 == 3: found 2")));
}

}  // namespace
}  // namespace retrace::core
