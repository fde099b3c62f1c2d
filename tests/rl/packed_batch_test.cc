// The packed batch of small examples, row by row.
#include "rl/packed_batch.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

using ::testing::ElementsAre;
using Ids = std::vector<int64_t>;

// A prompt without video: all three axes count from 0.
model::PromptTokens text_prompt(const Ids& ids) {
  const auto length = static_cast<int64_t>(ids.size());
  return {ids, at::arange(length, at::kLong).expand({3, length}).contiguous(), length};
}

Ids to_ids(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

void expect_segment(const kernels::Segment& segment, int64_t begin, int64_t end, int64_t parent) {
  EXPECT_EQ(segment.begin, begin);
  EXPECT_EQ(segment.end, end);
  EXPECT_EQ(segment.parent, parent);
}

// Rows behind those of the items may only be filling: segments that share nothing, nobody's parent,
// and that predict nothing.
void expect_only_filling_after(const PackedBatch& batch, size_t num_segments, int64_t num_rows) {
  ASSERT_GE(batch.plan.segments.size(), num_segments);
  EXPECT_EQ(batch.plan.num_rows(), batch.ids_T.size(0));
  EXPECT_EQ(batch.positions_3T.size(1), batch.ids_T.size(0));
  for (size_t i = num_segments; i < batch.plan.segments.size(); ++i) {
    EXPECT_EQ(batch.plan.segments[i].parent, -1);
    EXPECT_GE(batch.plan.segments[i].begin, num_rows);
  }
  EXPECT_LT(batch.predicting_R.max().item<int64_t>(), num_rows);
  EXPECT_NO_THROW(kernels::check_plan(batch.plan));
}

TEST(Pack, SharesThePromptOfAGroup) {
  const model::PromptTokens prompt = text_prompt({10, 11, 12});
  const Ids first = {20, 21, 22}, second = {30}, third = {40, 41};
  const PackedBatch batch = pack(std::vector<PackItem>{{&prompt, {&first, &second, &third}, {}}});
  // rows:   0  1  2 | 3  4 | 5     the last token of a completion has no row
  // ids:   10 11 12 |20 21 |40
  EXPECT_THAT(to_ids(batch.ids_T.narrow(0, 0, 6)), ElementsAre(10, 11, 12, 20, 21, 40));
  EXPECT_THAT(to_ids(batch.labels_R), ElementsAre(20, 21, 22, 30, 40, 41));
  EXPECT_THAT(to_ids(batch.predicting_R), ElementsAre(2, 3, 4, 2, 2, 5));
  EXPECT_THAT(batch.completion_lengths, ElementsAre(3, 1, 2));
  for (int64_t axis = 0; axis < 3; ++axis) {
    EXPECT_THAT(to_ids(batch.positions_3T[axis].narrow(0, 0, 6)), ElementsAre(0, 1, 2, 3, 4, 3));
  }
  expect_only_filling_after(batch, 3, 6);
  expect_segment(batch.plan.segments[0], 0, 3, -1);
  expect_segment(batch.plan.segments[1], 3, 5, 0);
  expect_segment(batch.plan.segments[2], 5, 6, 0);  // a completion of one token has no segment
  EXPECT_FALSE(batch.vision_rows.defined());
}

TEST(Pack, MakesOneSegmentOfASingleCompletion) {
  const model::PromptTokens prompt = text_prompt({10, 11});
  const Ids only = {20, 21, 22};
  const PackedBatch batch = pack(std::vector<PackItem>{{&prompt, {&only}, {}}});
  EXPECT_THAT(to_ids(batch.ids_T.narrow(0, 0, 4)), ElementsAre(10, 11, 20, 21));
  EXPECT_THAT(to_ids(batch.predicting_R), ElementsAre(1, 2, 3));
  EXPECT_THAT(to_ids(batch.labels_R), ElementsAre(20, 21, 22));
  expect_only_filling_after(batch, 1, 4);
  expect_segment(batch.plan.segments[0], 0, 4, -1);
}

TEST(Pack, PutsItemsOneAfterAnother) {
  model::PromptTokens video = text_prompt({5, 6, 7, 8});
  video.next_position = 9;  // a video's positions jump
  const model::PromptTokens text = text_prompt({1, 2});
  const Ids a = {50, 51}, b = {60, 61}, c = {70, 71, 72};
  const at::Tensor rows = test::random_normal({3, 32}, 1);
  const PackedBatch batch =
      pack(std::vector<PackItem>{{&text, {&a}, {}}, {&video, {&b, &c}, rows}});
  EXPECT_THAT(to_ids(batch.ids_T.narrow(0, 0, 10)), ElementsAre(1, 2, 50, 5, 6, 7, 8, 60, 70, 71));
  EXPECT_THAT(to_ids(batch.predicting_R), ElementsAre(1, 2, 6, 7, 6, 8, 9));
  EXPECT_THAT(to_ids(batch.labels_R), ElementsAre(50, 51, 60, 61, 70, 71, 72));
  EXPECT_THAT(to_ids(batch.positions_3T[0].narrow(0, 0, 10)),
              ElementsAre(0, 1, 2, 0, 1, 2, 3, 9, 9, 10));
  expect_only_filling_after(batch, 4, 10);
  expect_segment(batch.plan.segments[0], 0, 3, -1);
  expect_segment(batch.plan.segments[1], 3, 7, -1);
  expect_segment(batch.plan.segments[2], 7, 8, 1);
  expect_segment(batch.plan.segments[3], 8, 10, 1);
  EXPECT_TRUE(at::equal(batch.vision_rows, rows));
}

TEST(Pack, RefusesItemsWithoutTokens) {
  const model::PromptTokens prompt = text_prompt({1, 2});
  const Ids empty;
  EXPECT_THROW(pack(std::vector<PackItem>{{&prompt, {}, {}}}), core::InternalError);
  EXPECT_THROW(pack(std::vector<PackItem>{{nullptr, {&empty}, {}}}), core::InternalError);
  EXPECT_THROW(pack(std::vector<PackItem>{{&prompt, {&empty}, {}}}), core::InternalError);
}

TEST(PackedRows, CountEveryTokenButTheLastOfEachCompletion) {
  const model::PromptTokens prompt = text_prompt({10, 11, 12});
  const Ids first = {20, 21, 22}, second = {30};
  EXPECT_EQ(packed_rows({&prompt, {&first, &second}, {}}), 5);
  EXPECT_EQ(packed_rows({&prompt, {&second}, {}}), 3);
}

TEST(SplitByRows, FillsMicroBatchesInOrder) {
  const model::PromptTokens prompt = text_prompt({10, 11, 12});
  const Ids three = {1, 2, 3}, one = {1}, six = {1, 2, 3, 4, 5, 6};  // 5, 3, 8 rows
  const std::vector<PackItem> items = {{&prompt, {&three}, {}},
                                       {&prompt, {&one}, {}},
                                       {&prompt, {&six}, {}},
                                       {&prompt, {&one}, {}},
                                       {&prompt, {&one}, {}}};
  const auto sizes = [&](int64_t max_rows) {
    std::vector<size_t> list;
    size_t next = 0;
    for (const std::vector<PackItem>& micro_batch : split_by_rows(items, max_rows)) {
      list.push_back(micro_batch.size());
      for (const PackItem& item : micro_batch) {
        EXPECT_EQ(item.completions, items[next++].completions);
      }
    }
    EXPECT_EQ(next, items.size());
    return list;
  };
  EXPECT_THAT(sizes(8), ElementsAre(2, 1, 2));
  EXPECT_THAT(sizes(7), ElementsAre(1, 1, 1, 2));
  EXPECT_THAT(sizes(1), ElementsAre(1, 1, 1, 1, 1));  // an item above the limit is alone
  EXPECT_THAT(sizes(1000), ElementsAre(5));
  EXPECT_TRUE(split_by_rows({}, 10).empty());
}

}  // namespace
}  // namespace retrace::rl
