// What ranks agree on: sums of metrics, and errors before the first step.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "distributed/fake_communicator.h"
#include "rl/agreement.h"
#include "rl/metric_sums.h"
#include "tests/rl/error_text.h"
#include "tests/rl/thread_communicator.h"

namespace retrace::rl {
namespace {

// ------------------------------------------------------------------------------------------------
// MetricSums
// ------------------------------------------------------------------------------------------------

TEST(MetricSums, AddUpWithinARank) {
  MetricSums sums;
  sums.add("loss", 1.5);
  sums.add("loss", 2);
  sums.raise("gap", -3);
  sums.raise("gap", -1);
  sums.raise("gap", -2);
  EXPECT_EQ(sums.sum("loss"), 3.5);
  EXPECT_EQ(sums.largest("gap"), -1);
}

TEST(MetricSums, AreReducedOnceOverThreeRanks) {
  distributed::FakeCommunicator communicator(3);  // a sum multiplies by 3
  MetricSums sums;
  sums.add("loss", 2);
  sums.add("tokens", 4);
  sums.reduce(communicator);
  EXPECT_EQ(sums.sum("loss"), 6);
  EXPECT_EQ(sums.ratio("loss", "tokens"), 0.5);
}

TEST(MetricSums, OfDifferentRanksGiveTotalAndLargest) {
  for (const int num_ranks : {1, 2, 5}) {
    test::run_ranks(num_ranks, [&](distributed::Communicator& communicator) {
      const int rank = communicator.rank();
      MetricSums sums;
      sums.add("loss", 1 + rank);
      sums.add("tokens", 10);
      sums.raise("gap", -1.0 - rank);  // negative everywhere: rank 0's is the largest
      sums.raise("memory", rank);
      sums.reduce(communicator);
      EXPECT_EQ(sums.sum("loss"), num_ranks * (num_ranks + 1) / 2.0);
      EXPECT_EQ(sums.ratio("loss", "tokens"), (num_ranks + 1) / 20.0);
      EXPECT_EQ(sums.largest("gap"), -1.0);
      EXPECT_EQ(sums.largest("memory"), num_ranks - 1);
    });
  }
}

TEST(MetricSums, OfNothingAreReducedWithoutACall) {
  distributed::FakeCommunicator communicator(3);
  MetricSums sums;
  EXPECT_NO_THROW(sums.reduce(communicator));
}

TEST(MetricSums, GiveZeroForARatioOfNothing) {
  MetricSums sums;
  sums.add("reward", 0);
  sums.add("scored", 0);
  EXPECT_EQ(sums.ratio("reward", "scored"), 0);
}

TEST(MetricSums, RefuseAnUnknownName) {
  MetricSums sums;
  sums.raise("gap", 1);
  EXPECT_THROW(sums.sum("gap"), core::InternalError);
  EXPECT_THROW(sums.largest("loss"), core::InternalError);
}

// ------------------------------------------------------------------------------------------------
// Agreement
// ------------------------------------------------------------------------------------------------

TEST(RunOnAllRanks, ReturnsWhenAllIsWell) {
  std::atomic<int> done{0};
  test::run_ranks(3, [&](distributed::Communicator& communicator) {
    run_on_all_ranks(communicator, [&] { ++done; });
  });
  EXPECT_EQ(done, 3);
}

void expect_agreed(distributed::Communicator& communicator, const std::function<void()>& work,
                   core::ExitCode code, const std::string& message) {
  try {
    run_on_all_ranks(communicator, work);
    ADD_FAILURE() << "rank " << communicator.rank() << " went on";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), code);
    EXPECT_EQ(error.what(), message);
  }
}

TEST(RunOnAllRanks, ThrowsTheErrorOfOneRankOnEveryRank) {
  test::run_ranks(4, [](distributed::Communicator& communicator) {
    expect_agreed(
        communicator,
        [&] {
          if (communicator.rank() == 2) core::throw_<core::DataError>("a.mp4: 3 frames, is short");
        },
        core::ExitCode::kData, "a.mp4: 3 frames, is short");
  });
}

TEST(RunOnAllRanks, TakesTheErrorOfTheLowestRank) {
  test::run_ranks(3, [](distributed::Communicator& communicator) {
    expect_agreed(
        communicator,
        [&] {
          if (communicator.rank() == 1) core::throw_<core::ConfigError>("of rank 1");
          if (communicator.rank() == 2) core::throw_<core::DataError>("of rank 2");
        },
        core::ExitCode::kUsage, "of rank 1");
  });
}

TEST(RunOnAllRanks, KeepsTheCodeOfEveryFamily) {
  distributed::FakeCommunicator communicator(3);
  expect_agreed(
      communicator, [] { core::throw_<core::ConfigError>("recipe"); }, core::ExitCode::kUsage,
      "recipe");
  expect_agreed(
      communicator, [] { core::throw_<core::CheckpointError>("weights"); }, core::ExitCode::kData,
      "weights");
  expect_agreed(
      communicator, [] { throw std::out_of_range("vector"); }, core::ExitCode::kInternal, "vector");
}

TEST(RunOnAllRanks, PassesOnAnErrorThatWasAgreedBefore) {
  distributed::FakeCommunicator communicator(2);
  expect_agreed(
      communicator,
      [&] { run_on_all_ranks(communicator, [] { core::throw_<core::DataError>("inner"); }); },
      core::ExitCode::kData, "inner");
}

}  // namespace
}  // namespace retrace::rl
