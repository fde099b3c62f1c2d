#include "rollout/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace retrace::rollout {
namespace {

using testing::ElementsAre;

const std::vector<int64_t> kStops = {7, 8};
const StopRule kRule{&kStops, 3};

Sequence new_sequence() {
  return Sequence(2, 1, core::RandomStream(1, "sampling"), 100);
}

TEST(Sequence, DrawsFromItsStreamByTokenIndex) {
  const core::RandomStream stream(1, "sampling");
  Sequence sequence = new_sequence();
  EXPECT_EQ(sequence.next_uniform(), stream.uniform(0));
  EXPECT_EQ(sequence.next_uniform(), stream.uniform(0));  // looking does not draw
  sequence.append(5, -0.1f, kRule);
  EXPECT_EQ(sequence.next_uniform(), stream.uniform(1));
}

TEST(Sequence, StandsAtConsecutivePositionsAfterThePrompt) {
  Sequence sequence = new_sequence();
  sequence.append(5, -0.1f, kRule);
  EXPECT_EQ(sequence.last_id(), 5);
  EXPECT_EQ(sequence.last_position(), 100);
  sequence.append(6, -0.2f, kRule);
  EXPECT_EQ(sequence.last_id(), 6);
  EXPECT_EQ(sequence.last_position(), 101);
}

TEST(Sequence, EndsWithAStopIdAndKeepsIt) {
  Sequence sequence = new_sequence();
  sequence.append(5, -0.5f, kRule);
  EXPECT_FALSE(sequence.has_ended());
  sequence.append(8, -0.25f, kRule);
  ASSERT_TRUE(sequence.has_ended());
  EXPECT_THAT(sequence.ids_without_stop(), ElementsAre(5));
  const Completion completion = sequence.take_completion();
  EXPECT_THAT(completion.ids, ElementsAre(5, 8));
  EXPECT_THAT(completion.logprobs, ElementsAre(-0.5f, -0.25f));
  EXPECT_EQ(completion.finish, FinishReason::kStop);
}

TEST(Sequence, EndsAtTheLengthLimit) {
  Sequence sequence = new_sequence();
  for (const int64_t id : {1, 2, 3}) sequence.append(id, 0.0f, kRule);
  ASSERT_TRUE(sequence.has_ended());
  EXPECT_THAT(sequence.ids_without_stop(), ElementsAre(1, 2, 3));
  EXPECT_EQ(sequence.take_completion().finish, FinishReason::kLength);
}

TEST(Sequence, AStopIdAsLastAllowedTokenIsAStop) {
  Sequence sequence = new_sequence();
  for (const int64_t id : {1, 2, 7}) sequence.append(id, 0.0f, kRule);
  EXPECT_EQ(sequence.take_completion().finish, FinishReason::kStop);
}

TEST(Sequence, RefusesWrongUse) {
  Sequence sequence = new_sequence();
  EXPECT_THROW(sequence.last_id(), core::InternalError);
  EXPECT_THROW(sequence.last_position(), core::InternalError);
  EXPECT_THROW(sequence.take_completion(), core::InternalError);
  sequence.append(7, 0.0f, kRule);
  EXPECT_THROW(sequence.append(1, 0.0f, kRule), core::InternalError);
}

TEST(FinishReason, HasNames) {
  EXPECT_EQ(to_string(FinishReason::kStop), "stop");
  EXPECT_EQ(to_string(FinishReason::kLength), "length");
  EXPECT_THROW(to_string(static_cast<FinishReason>(9)), core::InternalError);
}

}  // namespace
}  // namespace retrace::rollout
