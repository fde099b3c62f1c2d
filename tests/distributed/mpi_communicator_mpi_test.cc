// Runs under mpirun: every rank runs every test. Data depend on the rank, so that a collective that
// does nothing fails.
#include "distributed/mpi_communicator.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "core/error.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::distributed {
namespace {

using ::testing::HasSubstr;

constexpr double kDeadlineSeconds = 60;  // never reached, also on a busy machine

// The bytes of a tensor, to compare it over ranks bit for bit.
std::string bytes_of(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()};
}

class MpiCommunicatorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Communicator> communicator_ = make_mpi_communicator({kDeadlineSeconds});
  int rank_ = communicator_->rank();
  int size_ = communicator_->size();
};

template <class Action>
std::string distributed_error_of(Action action) {
  try {
    action();
  } catch (const core::DistributedError& error) {
    return error.what();
  }
  return "no DistributedError";
}

TEST_F(MpiCommunicatorTest, SumAddsTheRanksDataOfEveryDtype) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kLong}) {
    at::Tensor values = at::full({2, 3}, rank_ + 1, at::TensorOptions(dtype));
    communicator_->all_reduce_sum(values, "values");
    const int64_t expected = size_ * (size_ + 1) / 2;
    EXPECT_TRUE(at::equal(values, at::full({2, 3}, expected, at::TensorOptions(dtype))));
  }
}

TEST_F(MpiCommunicatorTest, SumOfManyChunksIsRightToTheLastElement) {
  const int64_t num_elements = (int64_t{1} << 22) * 2 + 7;  // two whole chunks and a rest
  at::Tensor values = at::arange(num_elements, at::kLong) * (rank_ + 1);
  communicator_->all_reduce_sum(values, "values");
  EXPECT_TRUE(at::equal(values, at::arange(num_elements, at::kLong) * (size_ * (size_ + 1) / 2)));
}

TEST_F(MpiCommunicatorTest, SumIsTheSameBitsOnEveryRankAndInEveryRun) {
  at::manual_seed(1 + rank_);
  for (const int64_t num_elements :
       {1, 1000, 300000}) {  // short and long vectors take different routes
    const at::Tensor source = at::randn({num_elements}, at::kFloat) * 1e3;
    at::Tensor first = source.clone(), second = source.clone();
    communicator_->all_reduce_sum(first, "first");
    communicator_->all_reduce_sum(second, "second");
    EXPECT_EQ(bytes_of(first), bytes_of(second));
    for (const std::string& other : communicator_->all_gather(bytes_of(first), "bytes")) {
      EXPECT_EQ(other, bytes_of(first));
    }
  }
}

TEST_F(MpiCommunicatorTest, SumOfNothingIsNothing) {
  at::Tensor empty = at::empty({0}, at::kFloat);
  communicator_->all_reduce_sum(empty, "empty");
  EXPECT_EQ(empty.numel(), 0);
}

TEST_F(MpiCommunicatorTest, SumWorksOnParametersThatNeedAGradient) {
  at::Tensor weight = at::full({3}, static_cast<float>(rank_)).requires_grad_();
  communicator_->all_reduce_sum(weight, "weight");
  EXPECT_EQ(weight.detach()[2].item<float>(), static_cast<float>(size_ * (size_ - 1) / 2));
}

TEST_F(MpiCommunicatorTest, BroadcastTakesTheDataOfTheRoot) {
  for (int root = 0; root < size_; ++root) {
    at::Tensor values = at::full({5}, 10.0 * rank_, at::kDouble);
    communicator_->broadcast(values, root, "values");
    EXPECT_TRUE(at::equal(values, at::full({5}, 10.0 * root, at::kDouble)));
  }
}

TEST_F(MpiCommunicatorTest, GatherKeepsTextsOfDifferentLengthsInRankOrder) {
  const auto text_of = [](int rank) {
    return rank == 0
               ? std::string()
               : std::string(static_cast<size_t>(100 * rank), static_cast<char>('a' + rank)) + '\0';
  };
  const std::vector<std::string> texts = communicator_->all_gather(text_of(rank_), "texts");
  ASSERT_EQ(static_cast<int>(texts.size()), size_);
  for (int rank = 0; rank < size_; ++rank)
    EXPECT_EQ(texts[static_cast<size_t>(rank)], text_of(rank));
}

TEST_F(MpiCommunicatorTest, NobodyLeavesABarrierBeforeTheLastOneArrives) {
  using Clock = std::chrono::steady_clock;
  communicator_->barrier("in step");
  const auto start = Clock::now();
  constexpr auto kDelay = std::chrono::milliseconds(60);
  if (rank_ == size_ - 1) std::this_thread::sleep_for(kDelay);
  communicator_->barrier("late rank");
  EXPECT_GE(Clock::now() - start, kDelay / 2);
}

TEST_F(MpiCommunicatorTest, TensorsThatMpiCannotTakeAreRefused) {
  at::Tensor half = at::ones({2}, at::kHalf);
  EXPECT_THROW(communicator_->all_reduce_sum(half, "half"), core::InternalError);
  EXPECT_THROW(communicator_->broadcast(half, size_, "half"), core::InternalError);
}

// The abandoned collective stays pending in MPI until the process ends; the tests after it, and
// MPI_Finalize, must not be held up by it.
TEST_F(MpiCommunicatorTest, ACollectiveThatOneRankDoesNotJoinEndsWithAnErrorThatSaysSo) {
  constexpr double kShortDeadlineSeconds = 0.3;
  auto impatient = make_mpi_communicator({kShortDeadlineSeconds});
  communicator_->barrier("start");
  if (rank_ == size_ - 1) {
    std::this_thread::sleep_for(std::chrono::duration<double>(3 * kShortDeadlineSeconds));
  } else {
    const auto start = std::chrono::steady_clock::now();
    at::Tensor gradient = at::ones({1000}, at::kFloat);
    const std::string message =
        distributed_error_of([&] { impatient->all_reduce_sum(gradient, "gradient"); });
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
    EXPECT_THAT(message, HasSubstr("all_reduce_sum 'gradient' on rank " + std::to_string(rank_)));
    EXPECT_THAT(message, HasSubstr("the deadline is 0.3 s"));
    EXPECT_GE(waited.count(), kShortDeadlineSeconds);
    EXPECT_LT(waited.count(), kDeadlineSeconds);
    EXPECT_THAT(distributed_error_of([&] { impatient->barrier("after"); }),
                HasSubstr("an earlier collective failed"));
  }
  communicator_->barrier("end");
}

TEST_F(MpiCommunicatorTest, EveryKindOfCallHasADeadline) {
  at::Tensor values = at::ones({4}, at::kFloat);
  const std::vector<std::function<void(Communicator&)>> calls = {
      [&](Communicator& c) { c.broadcast(values, size_ - 1, "x"); },
      [&](Communicator& c) { c.all_gather("text", "x"); },
      [&](Communicator& c) { c.barrier("x"); },
  };
  for (const auto& call : calls) {
    auto impatient = make_mpi_communicator({0.1});
    if (rank_ != size_ - 1) {
      EXPECT_THAT(distributed_error_of([&] { call(*impatient); }),
                  HasSubstr("the deadline is 0.1 s"));
    }
    communicator_->barrier("next");
  }
}

}  // namespace
}  // namespace retrace::distributed
