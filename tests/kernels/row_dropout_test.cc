#include "kernels/row_dropout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/philox.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::kernels {
namespace {

at::Tensor some_keys(int64_t rows) {
  return at::arange(rows, at::kLong) * 0x123456789ABCDEF + 17;
}

TEST(RowDropout, FollowsTheFormula) {
  const double p = 0.3;
  const uint64_t place = 0xFEDCBA9876543210;
  const at::Tensor x = test::random_tensor({3, 10}, at::kFloat, 1), keys = some_keys(3);
  const at::Tensor y = row_dropout(x, keys, place, p);
  for (int64_t row = 0; row < 3; ++row) {
    const auto key = static_cast<uint64_t>(keys[row].item<int64_t>());
    for (int64_t column = 0; column < 10; ++column) {
      const core::PhiloxBlock words =
          core::philox4x32_10({static_cast<uint32_t>(column / 4), static_cast<uint32_t>(place),
                               static_cast<uint32_t>(place >> 32), 1},
                              {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
      const double uniform = words[static_cast<size_t>(column % 4)] * 0x1.0p-32;
      const float expected =
          uniform >= p ? x[row][column].item<float>() * static_cast<float>(1 / (1 - p)) : 0.0F;
      EXPECT_EQ(y[row][column].item<float>(), expected) << row << ", " << column;
    }
  }
}

TEST(RowDropout, DropsTheAskedShare) {
  for (const double p : {0.1, 0.5, 0.9}) {
    const at::Tensor y = row_dropout(at::ones({200, 501}), some_keys(200), 5, p);
    const double n = 200 * 501;
    const double dropped = y.eq(0).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(dropped, p, 5 * std::sqrt(p * (1 - p) / n)) << p;  // five standard deviations
  }
}

TEST(RowDropout, ARowKeepsItsMaskWhereverItLies) {
  const at::Tensor x = test::random_tensor({6, 37}, at::kFloat, 2), keys = some_keys(6);
  const at::Tensor whole = row_dropout(x, keys, 9, 0.4);
  const at::Tensor order = at::tensor({5, 0, 3}, at::kLong);
  EXPECT_TRUE(at::equal(row_dropout(x.index_select(0, order), keys.index_select(0, order), 9, 0.4),
                        whole.index_select(0, order)));
}

TEST(RowDropout, KeysAndPlacesGiveOtherMasks) {
  const at::Tensor x = at::ones({1, 400});
  const at::Tensor keys = at::tensor({int64_t{1}}), others = at::tensor({int64_t{1} << 40 | 1});
  const at::Tensor y = row_dropout(x, keys, 1, 0.5);
  EXPECT_FALSE(at::equal(y, row_dropout(x, others, 1, 0.5)));
  EXPECT_FALSE(at::equal(y, row_dropout(x, keys, 2, 0.5)));
  EXPECT_FALSE(at::equal(y, row_dropout(x, keys, uint64_t{1} << 33 | 1, 0.5)));
}

TEST(RowDropout, ItsGradientHasTheSameMask) {
  const at::Tensor keys = some_keys(4);
  const at::Tensor mask = row_dropout(at::ones({4, 9}), keys, 3, 0.25);
  test::expect_same_function(
      [&](const std::vector<at::Tensor>& inputs) { return row_dropout(inputs[0], keys, 3, 0.25); },
      [&](const std::vector<at::Tensor>& inputs) { return inputs[0] * mask; },
      {test::random_tensor({4, 9}, at::kFloat, 4)});
}

TEST(RowDropout, WithProbabilityZeroIsTheIdentity) {
  const at::Tensor x = test::random_tensor({2, 3}, at::kFloat, 5);
  EXPECT_TRUE(at::equal(row_dropout(x, some_keys(2), 1, 0), x));
}

TEST(RowDropout, RefusesWhatDoesNotFit) {
  const at::Tensor x = at::ones({2, 3});
  EXPECT_THROW(row_dropout(x, some_keys(3), 1, 0.5), core::InternalError);
  EXPECT_THROW(row_dropout(x, at::ones({2}), 1, 0.5), core::InternalError);
  EXPECT_THROW(row_dropout(x, some_keys(2), 1, 1.0), core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
