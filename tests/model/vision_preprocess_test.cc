#include "model/vision_preprocess.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "model/processor.h"
#include "model/safetensors.h"
#include "tests/model/test_files.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

const PixelNorm kClip = family_processor(ModelFamily::kQwen2Vl).video.norm;
const PixelNorm kHalf = family_processor(ModelFamily::kQwen3Vl).video.norm;

void expect_grid(const VisionPatches& patches, const at::Tensor& grid) {
  ASSERT_EQ(patches.grids.size(), 1U);
  EXPECT_EQ(patches.grids[0].t, grid[0][0].item<int64_t>());
  EXPECT_EQ(patches.grids[0].h, grid[0][1].item<int64_t>());
  EXPECT_EQ(patches.grids[0].w, grid[0][2].item<int64_t>());
}

TEST(MakePatches, EqualsTransformersOnAVideoOfOddLength) {
  const SafetensorsReader golden(golden_file("text_golden.safetensors"));
  const VisionPatches patches = make_patches(golden.read("video.frames"), VisionConfig{}, kClip);
  EXPECT_TRUE(patches.pixel_values.equal(golden.read("video.pixel_values")));
  expect_grid(patches, golden.read("video.grid_thw"));
}

TEST(MakePatches, AnImageIsAVideoOfOneFrame) {
  const SafetensorsReader golden(golden_file("text_golden.safetensors"));
  const VisionPatches patches = make_patches(golden.read("image.frames"), VisionConfig{}, kClip);
  EXPECT_TRUE(patches.pixel_values.narrow(0, 0, 2).equal(golden.read("image.pixel_values")));
  EXPECT_EQ(patches.grids[0].num_patches(), 4);
  EXPECT_EQ(patches.grids[0].num_tokens(2), 1);
}

TEST(MakePatches, EqualsTransformersOnQwen3) {
  const SafetensorsReader golden(golden_file("prompt_golden.safetensors"));
  VisionConfig config;
  config.patch_size = 16;
  const VisionPatches video = make_patches(golden.read("qwen3.video.frames"), config, kHalf);
  EXPECT_TRUE(video.pixel_values.equal(golden.read("qwen3.video.pixel_values")));
  expect_grid(video, golden.read("qwen3.video.grid_thw"));
  const VisionPatches image = make_patches(golden.read("qwen3.image.frames"), config, kHalf);
  EXPECT_TRUE(image.pixel_values.equal(golden.read("qwen3.image.pixel_values")));
}

TEST(MakePatches, ItemsAreJoinedInOrder) {
  const VisionConfig config;
  const VisionPatches a = make_patches(at::full({1, 3, 28, 28}, 7, at::kByte), config, kClip);
  const VisionPatches b = make_patches(at::full({4, 3, 28, 56}, 9, at::kByte), config, kClip);
  const VisionPatches joined = join_patches({{a, {}, b}});
  ASSERT_EQ(joined.grids.size(), 2U);
  EXPECT_EQ(joined.grids[1].t, 2);
  EXPECT_TRUE(joined.pixel_values.equal(at::cat({a.pixel_values, b.pixel_values})));
  EXPECT_FALSE(join_patches({}).pixel_values.defined());
}

TEST(MakePatches, EveryPixelLandsWhereTheOrderSays) {
  VisionConfig config;
  config.patch_size = 2;
  const int64_t frames = 4, height = 8, width = 12;
  const at::Tensor pixels = at::arange(frames * 3 * height * width)
                                .remainder(251)
                                .to(at::kByte)
                                .view({frames, 3, height, width});
  const VisionPatches patches = make_patches(pixels, config, kClip);
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
  EXPECT_ERROR(make_patches(frames({2, 3, 28, 30}), config, kClip), core::InternalError,
               "multiples of 28");
  EXPECT_ERROR(make_patches(frames({2, 1, 28, 28}), config, kClip), core::InternalError, "frames");
  EXPECT_ERROR(make_patches(frames({3, 28, 28}), config, kClip), core::InternalError, "frames");
  EXPECT_ERROR(make_patches(frames({0, 3, 28, 28}), config, kClip), core::InternalError,
               "at least one");
  EXPECT_ERROR(make_patches(frames({2, 3, 0, 28}), config, kClip), core::InternalError,
               "multiples of 28");
  EXPECT_ERROR(make_patches(at::zeros({2, 3, 28, 28}), config, kClip), core::InternalError,
               "frames");
}

}  // namespace
}  // namespace retrace::model
