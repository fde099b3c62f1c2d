#include "rollout/kv_slabs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"

namespace retrace::rollout {
namespace {

TEST(SuffixSlabs, GivesEverySlabMemoryOfItsOwn) {
  constexpr int64_t kSlabs = 3, kLayers = 2, kTokens = 5, kHeads = 2, kHeadDim = 4;
  constexpr int64_t kSlabValues = kTokens * kHeads * kHeadDim;
  const SuffixSlabs slabs(kSlabs, kLayers, kTokens, kHeads, kHeadDim);
  EXPECT_EQ(slabs.token_values(), kHeads * kHeadDim);
  std::set<const float*> places;
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    for (int64_t slab = 0; slab < kSlabs; ++slab) {
      for (int64_t i = 0; i < kSlabValues; ++i) {
        slabs.keys(layer, slab)[i] = 1.0f;
        places.insert(slabs.keys(layer, slab) + i);
        slabs.values(layer, slab)[i] = 2.0f;
        places.insert(slabs.values(layer, slab) + i);
      }
    }
  }
  EXPECT_EQ(static_cast<int64_t>(places.size()), 2 * kLayers * kSlabs * kSlabValues);
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    for (int64_t slab = 0; slab < kSlabs; ++slab) {
      EXPECT_EQ(slabs.keys(layer, slab)[kSlabValues - 1], 1.0f);
      EXPECT_EQ(slabs.values(layer, slab)[0], 2.0f);
    }
  }
}

TEST(SuffixSlabs, SayWhatToLowerWhenMemoryDoesNotSuffice) {
  try {
    const SuffixSlabs slabs(4096, 80, 131072, 8, 128);
    FAIL() << "351 TB were had";
  } catch (const core::ConfigError& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("lower rollout.tile_rows or rollout.max_new_tokens"));
  }
}

TEST(PrefixKv, IsEmptyWithoutLayers) {
  EXPECT_EQ(PrefixKv().num_tokens(), 0);
}

}  // namespace
}  // namespace retrace::rollout
