#include "kernels/attention_plan.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "kernels/packed_layout.h"

namespace retrace::kernels {
namespace {

std::string message_of(const AttentionPlan& plan) {
  try {
    check_plan(plan);
  } catch (const core::InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(AttentionPlan, GroupWithSharedPromptIsValid) {
  const AttentionPlan plan{{{0, 5, -1}, {5, 8, 0}, {8, 9, 0}, {9, 12, -1}, {12, 13, 3}}};
  EXPECT_NO_THROW(check_plan(plan));
  EXPECT_EQ(plan.num_rows(), 13);
}

TEST(AttentionPlan, SingleSegmentCoversAllRows) {
  const AttentionPlan plan = single_segment_plan(7);
  EXPECT_NO_THROW(check_plan(plan));
  EXPECT_EQ(plan.num_rows(), 7);
  EXPECT_EQ(plan.segments[0].parent, -1);
}

TEST(AttentionPlan, WrongPlansAreRefusedWithTheReason) {
  EXPECT_THAT(message_of({}), testing::HasSubstr("at least one segment"));
  EXPECT_THAT(message_of({{{1, 3, -1}}}), testing::HasSubstr("segment 0 must begin at row 0"));
  EXPECT_THAT(message_of({{{0, 3, -1}, {4, 5, -1}}}),
              testing::HasSubstr("segment 1 must begin at row 3, begins at 4"));
  EXPECT_THAT(message_of({{{0, 3, -1}, {2, 5, -1}}}), testing::HasSubstr("begins at 2"));
  EXPECT_THAT(message_of({{{0, 0, -1}}}), testing::HasSubstr("must not be empty"));
  EXPECT_THAT(message_of({{{0, 3, 0}}}), testing::HasSubstr("earlier segment, is 0"));
  EXPECT_THAT(message_of({{{0, 3, -2}}}), testing::HasSubstr("earlier segment, is -2"));
  EXPECT_THAT(message_of({{{0, 3, 1}, {3, 4, -1}}}), testing::HasSubstr("earlier segment, is 1"));
  EXPECT_THAT(message_of({{{0, 3, -1}, {3, 4, 0}, {4, 5, 1}}}),
              testing::HasSubstr("expected a root segment"));
}

TEST(PackedLayout, SimilarLengthsShareABatchAndEveryRowIsInOne) {
  const AttentionPlan plan{
      {{0, 100, -1}, {100, 140, 0}, {140, 176, 0}, {176, 276, -1}, {276, 279, 3}}};
  const PackedLayout layout = make_packed_layout(plan);
  ASSERT_EQ(layout.own.size(), 3u);
  EXPECT_EQ(layout.own[0].num_segments, 2);  // two prompts of 100 without padding
  EXPECT_FALSE(layout.own[0].row_of_place.defined());
  EXPECT_EQ(layout.own[1].num_segments, 2);  // 40 and 36
  EXPECT_EQ(layout.own[1].padded_length, 40);
  EXPECT_EQ(layout.own[1].is_padding.sum().item<int64_t>(), 4);
  EXPECT_EQ(layout.own[2].padded_length, 3);
  int64_t rows = 0;
  for (const SegmentBatch& batch : layout.own) rows += batch.rows.count;
  EXPECT_EQ(rows, plan.num_rows());
}

TEST(PackedLayout, PaddingWastesAtMostAQuarterForLongSegments) {
  AttentionPlan plan;
  int64_t begin = 0;
  for (int64_t length = 32; length < 500; length += 13) {
    plan.segments.push_back({begin, begin + length, -1});
    begin += length;
  }
  for (const SegmentBatch& batch : make_packed_layout(plan).own) {
    EXPECT_LE(batch.num_segments * batch.padded_length, batch.rows.count * 5 / 4 + 1);
  }
}

TEST(PackedLayout, ChildrenThatAreNotTogetherAreListed) {
  const AttentionPlan plan{{{0, 4, -1}, {4, 8, -1}, {8, 10, 0}, {10, 12, 1}, {12, 14, 0}}};
  const PackedLayout layout = make_packed_layout(plan);
  ASSERT_EQ(layout.prefixes.size(), 2u);
  EXPECT_TRUE(layout.prefixes[0].rows.rows.equal(at::tensor({8, 9, 12, 13}, at::kLong)));
  EXPECT_FALSE(layout.prefixes[1].rows.rows.defined());
  EXPECT_EQ(layout.prefixes[1].rows.begin, 10);
}

}  // namespace
}  // namespace retrace::kernels
