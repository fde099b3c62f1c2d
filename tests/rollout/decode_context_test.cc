#include "rollout/decode_context.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "kernels/packed_attention.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rollout {
namespace {

constexpr int64_t kHeads = 4, kKvHeads = 2, kHeadDim = 8, kLayers = 2, kMaxNew = 6;
const test::Tolerance kTolerance{1e-5, 1e-6};

struct Qkv {
  at::Tensor q, k, v;
};

Qkv random_qkv(int64_t num_tokens, int seed) {
  at::manual_seed(seed);
  return {at::randn({num_tokens, kHeads, kHeadDim}), at::randn({num_tokens, kKvHeads, kHeadDim}),
          at::randn({num_tokens, kKvHeads, kHeadDim})};
}

Qkv rows(const Qkv& all, int64_t begin, int64_t count) {
  return {all.q.narrow(0, begin, count), all.k.narrow(0, begin, count),
          all.v.narrow(0, begin, count)};
}

PrefixKv prefill(const std::vector<Qkv>& layers, int64_t num_tokens) {
  PrefillContext context(num_tokens);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    const Qkv part = rows(layers[layer], 0, num_tokens);
    context.attend(layer, part.q, part.k, part.v);
  }
  return context.take_prefix();
}

// Decodes tokens [num_prompt, end) of one sequence in slab `slab`; returns the outputs of `layer`.
at::Tensor decode(const SuffixSlabs& slabs, const PrefixKv* prefix, const std::vector<Qkv>& layers,
                  int64_t num_prompt, int64_t slab, int64_t layer_wanted) {
  std::vector<at::Tensor> outputs;
  const int64_t length = layers[0].q.size(0);
  for (int64_t token = num_prompt; token < length; ++token) {
    const std::vector<DecodeSlot> slots = {{prefix, slab, token - num_prompt + 1}};
    DecodeContext context(slabs, slots);
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      const Qkv part = rows(layers[layer], token, 1);
      const at::Tensor out = context.attend(layer, part.q, part.k, part.v);
      if (layer == layer_wanted) outputs.push_back(out);
    }
  }
  return at::cat(outputs);
}

at::Tensor packed(const Qkv& all) {
  return kernels::packed_attention(all.q, all.k, all.v,
                                   kernels::single_segment_plan(all.q.size(0)));
}

TEST(DecodeContext, ContinuesAPrefillAsIfAllRowsWereThereAtOnce) {
  const std::vector<Qkv> layers = {random_qkv(9, 1), random_qkv(9, 2)};
  const SuffixSlabs slabs(2, kLayers, kMaxNew, kKvHeads, kHeadDim);
  const PrefixKv prefix = prefill(layers, 5);
  EXPECT_EQ(prefix.num_tokens(), 5);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    EXPECT_TENSOR_NEAR(decode(slabs, &prefix, layers, 5, 1, layer),
                       packed(layers[layer]).narrow(0, 5, 4), kTolerance);
  }
}

TEST(DecodeContext, AFormerUserOfASlabLeavesNoTrace) {
  const std::vector<Qkv> first = {random_qkv(8, 3), random_qkv(8, 4)},
                         second = {random_qkv(6, 5), random_qkv(6, 6)};
  const SuffixSlabs slabs(1, kLayers, kMaxNew, kKvHeads, kHeadDim),
      fresh(1, kLayers, kMaxNew, kKvHeads, kHeadDim);
  const PrefixKv first_prefix = prefill(first, 3), second_prefix = prefill(second, 4);
  decode(slabs, &first_prefix, first, 3, 0, 0);
  EXPECT_TRUE(at::equal(decode(slabs, &second_prefix, second, 4, 0, 1),
                        decode(fresh, &second_prefix, second, 4, 0, 1)));
}

TEST(DecodeContext, WorksWithoutAPrefix) {
  const std::vector<Qkv> layers = {random_qkv(4, 7), random_qkv(4, 8)};
  const SuffixSlabs slabs(1, kLayers, kMaxNew, kKvHeads, kHeadDim);
  EXPECT_TENSOR_NEAR(decode(slabs, nullptr, layers, 0, 0, 0), packed(layers[0]), kTolerance);
}

TEST(DecodeContext, KeepsRowsApart) {
  const std::vector<Qkv> layers = {random_qkv(7, 9), random_qkv(7, 10)};
  const SuffixSlabs slabs(3, kLayers, kMaxNew, kKvHeads, kHeadDim);
  const PrefixKv prefix = prefill(layers, 5);
  // Rows: the sequence above at its first new token, an idle row, and the same without a prefix.
  const std::vector<DecodeSlot> slots = {{&prefix, 0, 1}, {nullptr, 2, 1}, {nullptr, 1, 1}};
  DecodeContext context(slabs, slots);
  const auto three = [](const at::Tensor& x) { return at::cat({x, x, x}); };
  const Qkv part = rows(layers[0], 5, 1);
  const at::Tensor out = context.attend(0, three(part.q), three(part.k), three(part.v));
  EXPECT_TENSOR_NEAR(out.narrow(0, 0, 1), packed(rows(layers[0], 0, 6)).narrow(0, 5, 1),
                     kTolerance);
  EXPECT_TENSOR_NEAR(out.narrow(0, 1, 1), packed(part), kTolerance);
  EXPECT_TRUE(at::equal(out.narrow(0, 1, 1), out.narrow(0, 2, 1)));
}

TEST(DecodeContext, RefusesTheWrongNumberOfRows) {
  const SuffixSlabs slabs(1, kLayers, kMaxNew, kKvHeads, kHeadDim);
  const std::vector<DecodeSlot> slots = {{nullptr, 0, 1}};
  DecodeContext context(slabs, slots);
  const Qkv two = random_qkv(2, 11);
  EXPECT_THROW(context.attend(0, two.q, two.k, two.v), core::InternalError);
}

TEST(PrefillContext, AttendsLikePackedAttentionAndWantsLayersInOrder) {
  const Qkv all = random_qkv(5, 12);
  PrefillContext context(5);
  EXPECT_TRUE(at::equal(context.attend(0, all.q, all.k, all.v), packed(all)));
  EXPECT_THROW(context.attend(0, all.q, all.k, all.v), core::InternalError);
  EXPECT_THROW(context.attend(2, all.q, all.k, all.v), core::InternalError);
}

}  // namespace
}  // namespace retrace::rollout
