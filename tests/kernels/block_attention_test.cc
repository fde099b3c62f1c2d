#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "kernels/packed_attention.h"
#include "tests/kernels/gradient_check.h"

namespace retrace::kernels {
namespace {

using test::random_tensor;

at::Tensor one_by_one(const std::vector<at::Tensor>& qkv, const std::vector<int64_t>& boundaries) {
  std::vector<at::Tensor> outputs;
  for (size_t block = 0; block + 1 < boundaries.size(); ++block) {
    const auto heads_first = [&](const at::Tensor& x) {
      return x.slice(0, boundaries[block], boundaries[block + 1]).transpose(0, 1);
    };
    const at::Tensor q = heads_first(qkv[0]);
    const at::Tensor scores =
        at::matmul(q, heads_first(qkv[1]).transpose(1, 2)) / std::sqrt(double(q.size(2)));
    outputs.push_back(at::matmul(scores.softmax(-1), heads_first(qkv[2])).transpose(0, 1));
  }
  return at::cat(outputs);
}

std::vector<at::Tensor> random_qkv(int64_t rows, at::ScalarType dtype) {
  return {random_tensor({rows, 2, 8}, dtype, 1), random_tensor({rows, 2, 8}, dtype, 2),
          random_tensor({rows, 2, 8}, dtype, 3)};
}

class BlockAttention : public testing::TestWithParam<std::vector<int64_t>> {};

TEST_P(BlockAttention, EqualsOneBlockAtATime) {
  const auto boundaries = GetParam();
  const test::TensorFunction actual = [&](const auto& qkv) {
    return block_attention(qkv[0], qkv[1], qkv[2], boundaries);
  };
  const test::TensorFunction reference = [&](const auto& qkv) {
    return one_by_one(qkv, boundaries);
  };
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    test::expect_same_function(actual, reference, random_qkv(boundaries.back(), dtype));
  }
}

INSTANTIATE_TEST_SUITE_P(Boundaries, BlockAttention,
                         testing::Values(std::vector<int64_t>{0, 1}, std::vector<int64_t>{0, 12},
                                         std::vector<int64_t>{0, 4, 8, 12},
                                         std::vector<int64_t>{0, 4, 8, 24, 40, 41},
                                         std::vector<int64_t>{0, 8, 12, 20}));

TEST(BlockAttentionErrors, WrongBoundariesAreRefused) {
  const auto qkv = random_qkv(12, at::kFloat);
  for (const std::vector<int64_t>& boundaries : std::vector<std::vector<int64_t>>{
           {}, {0}, {0, 11}, {1, 12}, {0, 13}, {0, 6, 6, 12}, {0, 8, 4, 12}}) {
    EXPECT_THROW(block_attention(qkv[0], qkv[1], qkv[2], boundaries), core::InternalError);
  }
  EXPECT_THROW(block_attention(qkv[0], qkv[1].slice(0, 0, 6), qkv[2], {0, 12}),
               core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
