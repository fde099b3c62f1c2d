#include "kernels/decode_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

// B rows, N query heads, M key heads, H head dim, P prefix rows, S suffix rows.

namespace retrace::kernels {
namespace {

using test::random_tensor;

struct Cache {
  at::Tensor prefix_keys_PMH, prefix_values_PMH, suffix_keys_SMH, suffix_values_SMH;
  DecodeRow row() const {
    return {.prefix_keys = prefix_keys_PMH.const_data_ptr<float>(),
            .prefix_values = prefix_values_PMH.const_data_ptr<float>(),
            .prefix_length = prefix_keys_PMH.size(0),
            .suffix_keys = suffix_keys_SMH.const_data_ptr<float>(),
            .suffix_values = suffix_values_SMH.const_data_ptr<float>(),
            .suffix_length = suffix_keys_SMH.size(0)};
  }
};

Cache random_cache(int64_t prefix, int64_t suffix, int64_t heads, int64_t dim, uint64_t seed) {
  return {random_tensor({prefix, heads, dim}, at::kFloat, seed),
          random_tensor({prefix, heads, dim}, at::kFloat, seed + 1),
          random_tensor({suffix, heads, dim}, at::kFloat, seed + 2),
          random_tensor({suffix, heads, dim}, at::kFloat, seed + 3)};
}

// q [N, H] float32 -> [N, H], in float64.
at::Tensor dense(const at::Tensor& q_NH, const Cache& cache) {
  const at::Tensor k = at::cat({cache.prefix_keys_PMH, cache.suffix_keys_SMH}).to(at::kDouble);
  const at::Tensor v = at::cat({cache.prefix_values_PMH, cache.suffix_values_SMH}).to(at::kDouble);
  const int64_t repeats = q_NH.size(0) / k.size(1);
  const at::Tensor keys = k.repeat_interleave(repeats, 1).transpose(0, 1);
  const at::Tensor values = v.repeat_interleave(repeats, 1).transpose(0, 1);
  const at::Tensor scores = at::matmul(keys, q_NH.to(at::kDouble).unsqueeze(2)).squeeze(2) /
                            std::sqrt(double(q_NH.size(1)));
  return at::matmul(scores.softmax(-1).unsqueeze(1), values).squeeze(1).to(at::kFloat);
}

struct Case {
  int64_t heads, kv_heads, dim, prefix, suffix;
};

class DecodeAttentionCases : public testing::TestWithParam<Case> {};

TEST_P(DecodeAttentionCases, EqualsDenseAttention) {
  const Case c = GetParam();
  const at::Tensor q = random_tensor({3, c.heads, c.dim}, at::kFloat, 7);
  std::vector<Cache> caches;
  std::vector<DecodeRow> rows;
  for (uint64_t b = 0; b < 3; ++b) {
    caches.push_back(
        random_cache(c.prefix, c.suffix + static_cast<int64_t>(b), c.kv_heads, c.dim, 10 * b + 1));
  }
  for (const Cache& cache : caches) rows.push_back(cache.row());
  const at::Tensor out = decode_attention(q, rows, c.kv_heads);
  for (int64_t b = 0; b < 3; ++b) {
    EXPECT_TENSOR_NEAR(out[b], dense(q[b], caches[b]), (test::Tolerance{3e-6, 1e-7}));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, DecodeAttentionCases,
                         testing::Values(Case{6, 2, 32, 130, 40}, Case{4, 4, 8, 3, 1},
                                         Case{4, 1, 20, 0, 5}, Case{2, 2, 5, 17, 3},
                                         Case{12, 2, 128, 70, 9}, Case{3, 1, 16, 1, 1}),
                         [](const auto& test_case) {
                           return "Case" + std::to_string(test_case.index);
                         });

TEST(DecodeAttention, ARowDoesNotDependOnTheOthers) {
  const at::Tensor q = random_tensor({4, 6, 32}, at::kFloat, 7);
  std::vector<Cache> caches;
  std::vector<DecodeRow> rows;
  for (uint64_t b = 0; b < 4; ++b)
    caches.push_back(random_cache(33, 5 + int64_t(b), 2, 32, 10 * b + 1));
  for (const Cache& cache : caches) rows.push_back(cache.row());
  const at::Tensor together = decode_attention(q, rows, 2);
  const at::Tensor alone = decode_attention(q.slice(0, 2, 3).contiguous(), {rows[2]}, 2);
  EXPECT_TRUE(together[2].equal(alone[0]));
}

TEST(DecodeAttention, LargeScoresPickOneValue) {
  Cache cache = random_cache(4, 2, 1, 16, 3);
  const at::Tensor q = (cache.prefix_keys_PMH[1] * 400).unsqueeze(0).contiguous();
  const at::Tensor out = decode_attention(q, {cache.row()}, 1);
  EXPECT_TENSOR_NEAR(out[0], cache.prefix_values_PMH[1], test::tolerance_for(at::kFloat));
}

TEST(DecodeAttention, NanKeysGiveNan) {
  Cache cache = random_cache(4, 2, 1, 16, 3);
  cache.prefix_keys_PMH[2][0][3] = std::nanf("");
  EXPECT_TRUE(decode_attention(at::ones({1, 1, 16}), {cache.row()}, 1).isnan().all().item<bool>());
}

TEST(DecodeAttention, WrongArgumentsAreRefused) {
  const Cache cache = random_cache(4, 2, 2, 8, 3);
  const at::Tensor q = at::ones({1, 4, 8});
  EXPECT_THROW(decode_attention(q, {}, 2), core::InternalError);
  EXPECT_THROW(decode_attention(q, {cache.row(), cache.row()}, 2), core::InternalError);
  EXPECT_THROW(decode_attention(q, {cache.row()}, 3), core::InternalError);
  EXPECT_THROW(decode_attention(q.to(at::kDouble), {cache.row()}, 2), core::InternalError);
  EXPECT_THROW(decode_attention(q.transpose(1, 2), {cache.row()}, 2), core::InternalError);
  EXPECT_THROW(decode_attention(q, {DecodeRow{}}, 2), core::InternalError);
  DecodeRow without_data = cache.row();
  without_data.suffix_values = nullptr;
  EXPECT_THROW(decode_attention(q, {without_data}, 2), core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
