#include "distributed/fake_communicator.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::distributed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Action>
std::string internal_error_of(Action action) {
  try {
    action();
  } catch (const core::InternalError& error) {
    return error.what();
  }
  return "no InternalError";
}

TEST(FakeCommunicator, SizeOneChangesNothing) {
  FakeCommunicator communicator;
  at::Tensor values = at::arange(6, at::kFloat).view({2, 3});
  communicator.all_reduce_sum(values, "values");
  communicator.broadcast(values, 0, "values");
  EXPECT_TENSOR_NEAR(values, at::arange(6, at::kFloat).view({2, 3}),
                     test::tolerance_for(at::kFloat));
  EXPECT_THAT(communicator.all_gather("text", "texts"), ElementsAre("text"));
  communicator.barrier("end");
}

TEST(FakeCommunicator, SumMultipliesBySize) {
  FakeCommunicator communicator(8, 3);
  EXPECT_EQ(communicator.rank(), 3);
  EXPECT_EQ(communicator.size(), 8);
  at::Tensor counts = at::arange(3, at::kLong);
  communicator.all_reduce_sum(counts, "counts");
  EXPECT_TRUE(at::equal(counts, at::arange(3, at::kLong) * 8));
}

TEST(FakeCommunicator, SumWorksOnParametersThatNeedAGradient) {
  FakeCommunicator communicator(2);
  at::Tensor weight = at::ones({2}, at::kFloat).requires_grad_();
  communicator.all_reduce_sum(weight, "weight");
  EXPECT_TRUE(at::equal(weight.detach(), at::full({2}, 2.0f)));
}

TEST(FakeCommunicator, GatherGivesOneTextPerRank) {
  FakeCommunicator communicator(3, 1);
  EXPECT_THAT(communicator.all_gather("a", "texts"), ElementsAre("a", "a", "a"));
}

TEST(FakeCommunicator, TensorsThatNoBackendCouldTakeAreRefused) {
  FakeCommunicator communicator(2);
  at::Tensor undefined;
  at::Tensor half = at::ones({2}, at::kHalf);
  at::Tensor strided = at::ones({4, 4}, at::kFloat).t().narrow(0, 0, 2);
  EXPECT_THAT(internal_error_of([&] { communicator.all_reduce_sum(undefined, "gradient"); }),
              HasSubstr("all_reduce_sum 'gradient': the tensor is undefined"));
  EXPECT_THAT(internal_error_of([&] { communicator.broadcast(half, 0, "weights"); }),
              HasSubstr("expected dtype Float, Double or Long, found Half"));
  EXPECT_THAT(internal_error_of([&] { communicator.all_reduce_sum(strided, "gradient"); }),
              HasSubstr("not contiguous"));
}

TEST(FakeCommunicator, RanksOutsideTheSizeAreRefused) {
  at::Tensor values = at::ones({2}, at::kFloat);
  FakeCommunicator communicator(2);
  EXPECT_THAT(internal_error_of([&] { communicator.broadcast(values, 2, "weights"); }),
              HasSubstr("root 2 of 2 ranks"));
  EXPECT_THAT(internal_error_of([] { FakeCommunicator bad(2, 2); }),
              HasSubstr("rank 2 of 2 does not exist"));
}

}  // namespace
}  // namespace retrace::distributed
