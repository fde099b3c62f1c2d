#include "model/vision_preprocess.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "model/safetensors.h"
#include "tests/model/test_files.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

TEST(MakePatches, AgreesWithTransformersOnAVideoOfOddLength) {
  const SafetensorsReader golden(golden_file("text_golden.safetensors"));
  const VisionPatches patches = make_patches(golden.read("video.frames"), VisionConfig{});
  // The reference fuses both steps of the normalisation into one.
  EXPECT_TENSOR_NEAR(patches.pixel_values, golden.read("video.pixel_values"),
                     (test::Tolerance{0, 1e-6}));
  const at::Tensor grid = golden.read("video.grid_thw");
  EXPECT_EQ(patches.grids[0].t, grid[0][0].item<int64_t>());
  EXPECT_EQ(patches.grids[0].h, grid[0][1].item<int64_t>());
  EXPECT_EQ(patches.grids[0].w, grid[0][2].item<int64_t>());
}

TEST(MakePatches, AnImageIsAVideoOfOneFrame) {
  const SafetensorsReader golden(golden_file("text_golden.safetensors"));
  const VisionPatches patches = make_patches(golden.read("image.frames"), VisionConfig{});
  EXPECT_TENSOR_NEAR(patches.pixel_values.narrow(0, 0, 2), golden.read("image.pixel_values"),
                     (test::Tolerance{0, 1e-6}));
  EXPECT_EQ(patches.grids[0].num_patches(), 4);
  EXPECT_EQ(patches.grids[0].num_tokens(2), 1);
}

TEST(MakePatches, EveryPixelLandsWhereTheOrderSays) {
  VisionConfig config;
  config.patch_size = 2;
  const int64_t frames = 4, height = 8, width = 12;
  const at::Tensor pixels = at::arange(frames * 3 * height * width)
                                .remainder(251)
                                .to(at::kByte)
                                .view({frames, 3, height, width});
  const VisionPatches patches = make_patches(pixels, config);
  ASSERT_EQ(patches.pixel_values.size(1), 3 * 2 * 2 * 2);
  const double mean[3] = {0.48145466, 0.4578275, 0.40821073};
  const double deviation[3] = {0.26862954, 0.26130258, 0.27577711};
  int64_t row = 0;
  for (int64_t t = 0; t < 2; ++t)
    for (int64_t h_block = 0; h_block < 2; ++h_block)
      for (int64_t w_block = 0; w_block < 3; ++w_block)
        for (int64_t cell = 0; cell < 4; ++cell, ++row)
          for (int64_t column = 0; column < 24; ++column) {
            const int64_t c = column / 8, dt = column / 4 % 2, dy = column / 2 % 2, dx = column % 2;
            const int64_t y = (h_block * 2 + cell / 2) * 2 + dy;
            const int64_t x = (w_block * 2 + cell % 2) * 2 + dx;
            const double pixel = pixels[t * 2 + dt][c][y][x].item<double>();
            ASSERT_NEAR(patches.pixel_values[row][column].item<double>(),
                        (pixel / 255 - mean[c]) / deviation[c], 2e-6)
                << row << ", " << column;
          }
  EXPECT_EQ(row, patches.grids[0].num_patches());
}

TEST(MakePatches, WrongFramesAreInternalErrors) {
  const VisionConfig config;
  const auto frames = [](std::initializer_list<int64_t> shape) {
    return at::zeros(shape, at::kByte);
  };
  EXPECT_ERROR(make_patches(frames({2, 3, 28, 30}), config), core::InternalError,
               "multiples of 28");
  EXPECT_ERROR(make_patches(frames({2, 1, 28, 28}), config), core::InternalError, "frames");
  EXPECT_ERROR(make_patches(frames({3, 28, 28}), config), core::InternalError, "frames");
  EXPECT_ERROR(make_patches(frames({0, 3, 28, 28}), config), core::InternalError, "at least one");
  EXPECT_ERROR(make_patches(frames({2, 3, 0, 28}), config), core::InternalError, "multiples of 28");
  EXPECT_ERROR(make_patches(at::zeros({2, 3, 28, 28}), config), core::InternalError, "frames");
}

}  // namespace
}  // namespace retrace::model
