#include "kernels/packed_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

// T packed rows, N query heads, M key heads, H head dim.

namespace retrace::kernels {
namespace {

using test::random_tensor;

// [T, T] bool from the definition: a row sees earlier rows of its segment, itself, and its parent's
// rows.
at::Tensor dense_mask(const AttentionPlan& plan) {
  at::Tensor mask_TT = at::zeros({plan.num_rows(), plan.num_rows()}, at::kBool);
  for (const Segment& segment : plan.segments) {
    for (int64_t row = segment.begin; row < segment.end; ++row) {
      mask_TT[row].slice(0, segment.begin, row + 1).fill_(true);
      if (segment.parent < 0) continue;
      const Segment& parent = plan.segments[segment.parent];
      mask_TT[row].slice(0, parent.begin, parent.end).fill_(true);
    }
  }
  return mask_TT;
}

at::Tensor dense_attention(const std::vector<at::Tensor>& qkv, const AttentionPlan& plan) {
  const int64_t repeats = qkv[0].size(1) / qkv[1].size(1);
  const at::Tensor q = qkv[0].transpose(0, 1);
  const at::Tensor k = qkv[1].repeat_interleave(repeats, 1).transpose(0, 1);
  const at::Tensor v = qkv[2].repeat_interleave(repeats, 1).transpose(0, 1);
  const at::Tensor scores = at::matmul(q, k.transpose(1, 2)) / std::sqrt(double(q.size(2)));
  const at::Tensor masked =
      scores.masked_fill(dense_mask(plan).logical_not(), -std::numeric_limits<double>::infinity());
  return at::matmul(masked.softmax(-1), v).transpose(0, 1);
}

std::vector<at::Tensor> random_qkv(int64_t rows, int64_t heads, int64_t kv_heads, int64_t dim,
                                   at::ScalarType dtype) {
  return {random_tensor({rows, heads, dim}, dtype, 1),
          random_tensor({rows, kv_heads, dim}, dtype, 2),
          random_tensor({rows, kv_heads, dim}, dtype, 3)};
}

test::TensorFunction packed(const AttentionPlan& plan) {
  return [plan](const std::vector<at::Tensor>& qkv) {
    return packed_attention(qkv[0], qkv[1], qkv[2], plan);
  };
}

test::TensorFunction dense(const AttentionPlan& plan) {
  return [plan](const std::vector<at::Tensor>& qkv) { return dense_attention(qkv, plan); };
}

AttentionPlan plan_of(const std::vector<std::pair<int64_t, int64_t>>& length_and_parent) {
  AttentionPlan plan;
  for (const auto& [length, parent] : length_and_parent) {
    const int64_t begin = plan.num_rows();
    plan.segments.push_back({begin, begin + length, parent});
  }
  return plan;
}

struct Case {
  std::string name;
  AttentionPlan plan;
  int64_t heads = 4, kv_heads = 2, dim = 8;
};

std::vector<Case> cases() {
  return {
      {"OneRow", plan_of({{1, -1}})},
      {"OneSegment", plan_of({{37, -1}})},
      {"GroupOfEqualCompletions", plan_of({{21, -1}, {6, 0}, {6, 0}, {6, 0}})},
      {"GroupOfUnequalCompletions", plan_of({{21, -1}, {3, 0}, {1, 0}, {14, 0}, {60, 0}})},
      {"TwoGroups", plan_of({{9, -1}, {4, 0}, {5, 0}, {30, -1}, {8, 3}, {1, 3}})},
      {"ChildrenApart", plan_of({{9, -1}, {6, -1}, {4, 0}, {5, 1}, {3, 0}, {2, 1}})},
      {"TextOnlyBatch", plan_of({{40, -1}, {12, -1}, {38, -1}, {90, -1}, {41, -1}, {11, -1}})},
      {"MultiHead", plan_of({{17, -1}, {4, 0}, {9, 0}}), 3, 3, 16},
      {"MultiQueryOddDim", plan_of({{17, -1}, {4, 0}, {9, 0}}), 6, 1, 5},
      {"LongerThanTheKernelsBlocks", plan_of({{300, -1}, {70, 0}, {33, 0}}), 2, 1, 32},
  };
}

class PackedAttention : public testing::TestWithParam<Case> {};

TEST_P(PackedAttention, EqualsDenseMaskedAttentionInFloat64) {
  const Case& c = GetParam();
  test::expect_same_function(
      packed(c.plan), dense(c.plan),
      random_qkv(c.plan.num_rows(), c.heads, c.kv_heads, c.dim, at::kDouble));
}

TEST_P(PackedAttention, EqualsDenseMaskedAttentionInFloat32) {
  const Case& c = GetParam();
  test::expect_same_function(packed(c.plan), dense(c.plan),
                             random_qkv(c.plan.num_rows(), c.heads, c.kv_heads, c.dim, at::kFloat));
}

INSTANTIATE_TEST_SUITE_P(Plans, PackedAttention, testing::ValuesIn(cases()),
                         [](const auto& test_case) { return test_case.param.name; });

TEST(PackedAttentionGradient, MatchesFiniteDifferences) {
  const AttentionPlan plan = plan_of({{4, -1}, {2, 0}, {3, 0}, {1, 0}});
  test::expect_gradients_match_finite_differences(packed(plan),
                                                  random_qkv(10, 4, 2, 3, at::kDouble));
}

// Scores of several hundred: e^score overflows float32, and a score's rounding error of 1e-4 shows
// in the result.
TEST(PackedAttentionGradient, LargeScoresStayFiniteAndClose) {
  constexpr test::Tolerance kLargeScores{2e-3, 0};
  const AttentionPlan plan = plan_of({{20, -1}, {3, 0}, {17, 0}});
  auto qkv = random_qkv(40, 2, 2, 8, at::kFloat);
  qkv[0] *= 60;
  qkv[1] *= 10;
  const at::Tensor grad_output = random_tensor({40, 2, 8}, at::kFloat, 4);
  const auto found = test::run_with_gradients(packed(plan), qkv, grad_output);
  const auto expected = test::run_with_gradients(dense(plan), qkv, grad_output);
  EXPECT_TENSOR_NEAR(found.output, expected.output, kLargeScores);
  for (size_t input = 0; input < qkv.size(); ++input) {
    EXPECT_TENSOR_NEAR(found.gradients[input], expected.gradients[input], kLargeScores);
  }
}

// Prompt 7, completions 3 and 5, shared or repeated.
TEST(PackedAttentionPrefix, SharedOrRepeatedPromptGiveTheSame) {
  const auto rows = random_qkv(15, 4, 2, 8, at::kDouble);
  const auto repeat = [](const at::Tensor& x) {
    return at::cat({x.slice(0, 0, 7), x.slice(0, 7, 10), x.slice(0, 0, 7), x.slice(0, 10, 15)});
  };
  const auto shared = packed(plan_of({{7, -1}, {3, 0}, {5, 0}}));
  const test::TensorFunction repeated = [&](const std::vector<at::Tensor>& qkv) {
    const at::Tensor out = packed_attention(repeat(qkv[0]), repeat(qkv[1]), repeat(qkv[2]),
                                            plan_of({{10, -1}, {12, -1}}));
    return at::cat({out.slice(0, 0, 10), out.slice(0, 17, 22)});
  };
  test::expect_same_function(shared, repeated, rows);
}

TEST(PackedAttentionPrefix, PackingOrderDoesNotMatter) {
  const auto rows = random_qkv(30, 4, 2, 8, at::kDouble);
  const auto reorder = [](const at::Tensor& x) {  // groups [0, 12) and [12, 30) change places
    return at::cat({x.slice(0, 12, 30), x.slice(0, 0, 12)});
  };
  const test::TensorFunction reordered = [&](const std::vector<at::Tensor>& qkv) {
    const at::Tensor out =
        packed_attention(reorder(qkv[0]), reorder(qkv[1]), reorder(qkv[2]),
                         plan_of({{8, -1}, {6, 0}, {4, 0}, {5, -1}, {3, 3}, {4, 3}}));
    return at::cat({out.slice(0, 18, 30), out.slice(0, 0, 18)});
  };
  test::expect_same_function(packed(plan_of({{5, -1}, {3, 0}, {4, 0}, {8, -1}, {6, 3}, {4, 3}})),
                             reordered, rows);
}

TEST(PackedAttentionPrefix, OtherGroupsDoNotChangeARow) {
  auto qkv = random_qkv(30, 4, 2, 8, at::kFloat);
  const AttentionPlan plan = plan_of({{5, -1}, {3, 0}, {4, 0}, {8, -1}, {6, 3}, {4, 3}});
  const at::Tensor before = packed_attention(qkv[0], qkv[1], qkv[2], plan);
  for (at::Tensor& x : qkv) x.slice(0, 12, 30).mul_(-3);
  const at::Tensor after = packed_attention(qkv[0], qkv[1], qkv[2], plan);
  EXPECT_TRUE(before.slice(0, 0, 12).equal(after.slice(0, 0, 12)));
}

TEST(PackedAttentionErrors, WrongTensorsAreRefused) {
  const auto qkv = random_qkv(6, 4, 2, 8, at::kFloat);
  const AttentionPlan plan = single_segment_plan(6);
  EXPECT_THROW(packed_attention(qkv[0], qkv[1], qkv[2], single_segment_plan(7)),
               core::InternalError);
  EXPECT_THROW(packed_attention(qkv[0], qkv[1].slice(2, 0, 4), qkv[2], plan), core::InternalError);
  EXPECT_THROW(packed_attention(qkv[0].slice(1, 0, 3), qkv[1], qkv[2], plan), core::InternalError);
  EXPECT_THROW(packed_attention(qkv[0], qkv[1].to(at::kDouble), qkv[2], plan), core::InternalError);
  EXPECT_THROW(
      packed_attention(qkv[0].to(at::kHalf), qkv[1].to(at::kHalf), qkv[2].to(at::kHalf), plan),
      core::InternalError);
  EXPECT_THROW(packed_attention(qkv[0], qkv[1], qkv[2], AttentionPlan{}), core::InternalError);
  EXPECT_THROW(packed_attention(qkv[0], qkv[1], qkv[2], std::shared_ptr<const PackedLayout>()),
               core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
