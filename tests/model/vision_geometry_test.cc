// Where patches lie, which windows they are in, and learned positions between them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/vision_positions.h"
#include "model/vision_windows.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

TEST(PatchCoordinates, FollowMergeBlockOrder) {
  const at::Tensor found = patch_coordinates({{1, 2, 4}, {1, 2, 2}}, 2);
  const at::Tensor expected = at::tensor({0, 0, 0, 1, 1, 0, 1, 1,  // block of columns 0 and 1
                                          0, 2, 0, 3, 1, 2, 1, 3,  // block of columns 2 and 3
                                          0, 0, 0, 1, 1, 0, 1, 1},
                                         at::kLong)
                                  .view({12, 2});
  EXPECT_TRUE(found.equal(expected)) << found;
}

// A frame pair of 3 x 5 units, numbered row by row, in windows of 2 x 2; then one unit.
TEST(VisionWindows, UnitsAreOrderedWindowByWindow) {
  const VisionWindows windows = make_vision_windows({{1, 6, 10}, {2, 2, 2}}, 2, 2);
  const at::Tensor units =
      at::tensor({0, 1, 5, 6, 2, 3, 7, 8, 4, 9, 10, 11, 12, 13, 14, 15, 16}, at::kLong);
  EXPECT_TRUE(windows.units_U.equal(units)) << windows.units_U;
  EXPECT_TRUE(windows.units_U.index_select(0, windows.places_U).equal(at::arange(17, at::kLong)));
  EXPECT_THAT(windows.boundaries, testing::ElementsAre(0, 16, 32, 40, 48, 56, 60, 64, 68));
}

TEST(VisionWindows, ADividedGridHasNoEmptyWindows) {
  const VisionWindows windows = make_vision_windows({{1, 4, 4}}, 1, 2);
  EXPECT_THAT(windows.boundaries, testing::ElementsAre(0, 4, 8, 12, 16));
}

TEST(VisionWindows, ReorderingMovesWholeUnits) {
  const at::Tensor rows = at::arange(6, at::kFloat).view({6, 1});
  const at::Tensor found = reorder_units(rows, at::tensor({2, 0, 1}, at::kLong));
  EXPECT_TRUE(found.flatten().equal(at::tensor({4.f, 5.f, 0.f, 1.f, 2.f, 3.f}))) << found;
}

// value(row, column) = 10 row + column of a 3 x 3 table is linear, so that bilinear interpolation
// gives 10 y + x at the stretched place (y, x).
TEST(InterpolatedPositions, CornersMeetCornersAndTheRestIsLinear) {
  const at::Tensor axis = at::arange(3, at::kFloat);
  const at::Tensor table = (10 * axis.unsqueeze(1) + axis).view({9, 1});
  for (const GridThw grid : {GridThw{2, 2, 6}, GridThw{1, 4, 2}, GridThw{1, 3, 3}}) {
    const int64_t merge = grid.h % 2 == 0 ? 2 : 1;
    const at::Tensor found = interpolate_positions(table, {grid}, merge);
    const at::Tensor places = patch_coordinates({grid}, merge).to(at::kFloat);
    const at::Tensor expected =
        20.0 * places.select(1, 0) / (grid.h - 1) + 2.0 * places.select(1, 1) / (grid.w - 1);
    EXPECT_TENSOR_NEAR(found.squeeze(1), expected, test::tolerance_for(at::kFloat));
  }
}

}  // namespace
}  // namespace retrace::model
