#include "kernels/rotary.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::kernels {
namespace {

using test::random_tensor;

at::Tensor plain_rotary(const at::Tensor& x, const RotaryTable& table) {
  const auto halves = x.chunk(2, -1);
  const at::Tensor rotated = at::cat({halves[1].neg(), halves[0]}, -1);
  return x * table.cos_TH.unsqueeze(1) + rotated * table.sin_TH.unsqueeze(1);
}

RotaryTable random_table(int64_t tokens, int64_t dim) {
  return {random_tensor({tokens, dim}, at::kFloat, 5), random_tensor({tokens, dim}, at::kFloat, 6)};
}

TEST(Rotary, EqualsThePlainFormulaWithGradients) {
  const RotaryTable table = random_table(70, 12);
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    test::expect_same_function([&](const auto& in) { return apply_rotary(in[0], table); },
                               [&](const auto& in) { return plain_rotary(in[0], table); },
                               {random_tensor({70, 3, 12}, dtype, 1)});
  }
}

TEST(Rotary, GradientMatchesFiniteDifferences) {
  const RotaryTable table = random_table(2, 4);
  test::expect_gradients_match_finite_differences(
      [&](const auto& in) { return apply_rotary(in[0], table); },
      {random_tensor({2, 3, 4}, at::kDouble, 1)});
}

TEST(Rotary, TakesAViewOfFusedProjections) {
  const RotaryTable table = random_table(5, 8);
  const at::Tensor qkv = random_tensor({5, 3, 2, 8}, at::kFloat, 1);
  EXPECT_TENSOR_NEAR(apply_rotary(qkv.select(1, 1), table), plain_rotary(qkv.select(1, 1), table),
                     test::tolerance_for(at::kFloat));
}

TEST(MropeAxes, SectionsFollowOneAnother) {
  EXPECT_EQ(sectioned_axes({2, 1, 3}), (std::vector<int64_t>{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(sectioned_axes({1, 1, 1, 1}), (std::vector<int64_t>{0, 1, 2, 0}));
  EXPECT_EQ(sectioned_axes({3, 0, 0}), (std::vector<int64_t>{0, 0, 0}));
}

// Qwen3-VL's 24, 20, 20: height and width every third place up to 60, time everywhere else.
TEST(MropeAxes, InterleavedSectionsTakeTurnsUntilTheyAreUsedUp) {
  EXPECT_EQ(interleaved_axes({4, 2, 2}), (std::vector<int64_t>{0, 1, 2, 0, 1, 2, 0, 0}));
  EXPECT_EQ(interleaved_axes({1, 1, 2}), (std::vector<int64_t>{0, 1, 2, 0}));
  const std::vector<int64_t> axes = interleaved_axes({24, 20, 20});
  ASSERT_EQ(axes.size(), 64);
  for (const int64_t axis : {0, 1, 2}) {
    EXPECT_EQ(std::count(axes.begin(), axes.end(), axis), axis == 0 ? 24 : 20);
  }
  EXPECT_EQ(axes[59], 2);
  EXPECT_EQ(axes[61], 0);
}

TEST(MropeTable, EachPlaceTakesItsAxisAndFrequency) {
  const at::Tensor positions = at::tensor({4, 7, 9, 2, 5, 30}, at::kLong).view({3, 2});
  const std::vector<int64_t> axis_of_place = {0, 0, 1, 2, 0, 2};
  const RotaryTable table = mrope_table(positions, 10000.0, axis_of_place);
  for (int64_t token = 0; token < 2; ++token) {
    for (int64_t h = 0; h < 12; ++h) {
      const int64_t place = h % 6;
      const double angle = positions[axis_of_place[place]][token].item<double>() /
                           std::pow(10000.0, 2.0 * static_cast<double>(place) / 12.0);
      EXPECT_NEAR(table.cos_TH[token][h].item<double>(), std::cos(angle), 2e-6);
      EXPECT_NEAR(table.sin_TH[token][h].item<double>(), std::sin(angle), 2e-6);
    }
  }
}

// The inner product of rotated vectors depends on the difference of positions only.
TEST(MropeTable, TextAttentionDependsOnDistanceOnly) {
  const at::Tensor q = random_tensor({1, 1, 8}, at::kFloat, 1);
  const at::Tensor k = random_tensor({1, 1, 8}, at::kFloat, 2);
  const auto product = [&](int64_t q_position, int64_t k_position) {
    const auto table = [&](int64_t position) {
      return mrope_table(at::full({3, 1}, position, at::kLong), 1e4, {0, 1, 2, 2});
    };
    return (apply_rotary(q, table(q_position)) * apply_rotary(k, table(k_position)))
        .sum()
        .item<double>();
  };
  EXPECT_NEAR(product(9, 4), product(105, 100), 1e-4);
  EXPECT_GT(std::abs(product(9, 4) - product(9, 5)), 1e-3);
}

TEST(VisionRotaryTable, FirstQuarterTurnsWithRowsSecondWithColumns) {
  const RotaryTable table = vision_rotary_table(at::tensor({3, 11}, at::kLong).view({1, 2}), 8);
  const double expected[] = {3.0, 3.0 / 100.0, 11.0, 11.0 / 100.0};
  for (int64_t h = 0; h < 8; ++h) {
    EXPECT_NEAR(table.cos_TH[0][h].item<double>(), std::cos(expected[h % 4]), 2e-6);
    EXPECT_NEAR(table.sin_TH[0][h].item<double>(), std::sin(expected[h % 4]), 2e-6);
  }
}

TEST(RotaryErrors, WrongArgumentsAreRefused) {
  const at::Tensor positions = at::zeros({3, 2}, at::kLong);
  EXPECT_THROW(mrope_table(positions, 1e4, {0, 1, 3}), core::InternalError);
  EXPECT_THROW(mrope_table(positions, 1e4, {}), core::InternalError);
  EXPECT_THROW(mrope_table(positions.slice(0, 0, 2), 1e4, {0, 1}), core::InternalError);
  EXPECT_THROW(mrope_table(positions.to(at::kFloat), 1e4, {0, 1}), core::InternalError);
  EXPECT_THROW(interleaved_axes({2, 2}), core::InternalError);
  EXPECT_THROW(vision_rotary_table(at::zeros({2, 2}, at::kLong), 6), core::InternalError);
  EXPECT_THROW(apply_rotary(at::ones({3, 1, 8}), random_table(2, 8)), core::InternalError);
  EXPECT_THROW(apply_rotary(at::ones({2, 1, 6}), random_table(2, 8)), core::InternalError);
  EXPECT_THROW(apply_rotary(at::ones({2, 1, 8}, at::kLong), random_table(2, 8)),
               core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
