#include "data/frame_resize.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

// Against an antialiased bicubic in double from its definition
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

// [out, in]: every output pixel as a weighted mean of input pixels.
at::Tensor resampling_matrix(int64_t in_size, int64_t out_size) {
  at::Tensor weights = at::zeros({out_size, in_size}, at::kDouble);
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double widening = std::max(scale, 1.0);  // shrinking widens the filter: the antialiasing
  for (int64_t out = 0; out < out_size; ++out) {
    const double centre = scale * (static_cast<double>(out) + 0.5);
    const auto begin = std::max<int64_t>(0, static_cast<int64_t>(centre - 2 * widening + 0.5));
    const auto end = std::min(in_size, static_cast<int64_t>(centre + 2 * widening + 0.5));
    for (int64_t in = begin; in < end; ++in) {
      weights[out][in] = cubic((static_cast<double>(in) - centre + 0.5) / widening);
    }
    weights[out] /= weights[out].sum();
  }
  return weights;
}

at::Tensor brute_force(const at::Tensor& frames_FCYX, FrameSize size) {
  const at::Tensor rows = resampling_matrix(frames_FCYX.size(2), size.height);
  const at::Tensor columns = resampling_matrix(frames_FCYX.size(3), size.width);
  const at::Tensor resized = at::matmul(at::matmul(rows, frames_FCYX.to(at::kDouble)), columns.t());
  return resized.clamp(0, 255).round().to(at::kInt);
}

void expect_within_one_level(const at::Tensor& frames_FCYX, FrameSize size) {
  const at::Tensor resized = resize_frames(frames_FCYX, size);
  ASSERT_EQ(resized.scalar_type(), at::kByte);
  const at::Tensor expected = brute_force(frames_FCYX, size);
  ASSERT_EQ(resized.sizes(), expected.sizes());
  EXPECT_LE((resized.to(at::kInt) - expected).abs().max().item<int64_t>(), 1)
      << "to " << size.height << " x " << size.width;
}

at::Tensor noise(int64_t num_frames, int64_t height, int64_t width) {
  return at::randint(0, 256, {num_frames, 3, height, width}).to(at::kByte);
}

TEST(ResizeFrames, ShrinkingIsAntialiasedBicubic) {
  expect_within_one_level(noise(2, 90, 121), {28, 56});
  expect_within_one_level(test::smooth_frames(2, 90, 120), {56, 84});
}

TEST(ResizeFrames, GrowingIsBicubic) {
  expect_within_one_level(noise(2, 31, 40), {56, 84});
}

TEST(ResizeFrames, OneSideMayGrowWhileTheOtherShrinks) {
  expect_within_one_level(noise(1, 20, 100), {56, 28});
}

TEST(ResizeFrames, OvershootIsClamped) {
  at::Tensor frames = at::zeros({1, 3, 8, 8}, at::kByte);
  frames.slice(3, 4).fill_(255);
  expect_within_one_level(frames, {32, 32});
}

TEST(ResizeFrames, RightSizeComesBackAsItIs) {
  const at::Tensor frames = noise(2, 28, 56);
  EXPECT_TRUE(resize_frames(frames, {28, 56}).is_same(frames));
}

class EachArithmetic : public ::testing::TestWithParam<ResizeArithmetic> {};
INSTANTIATE_TEST_SUITE_P(ResizeFrames, EachArithmetic,
                         ::testing::Values(ResizeArithmetic::kFloat32, ResizeArithmetic::kUint8));

TEST_P(EachArithmetic, ConstantPictureStaysConstant) {
  for (const int64_t level : {0, 1, 77, 254, 255}) {
    const at::Tensor frames = at::full({1, 3, 37, 53}, level, at::kByte);
    for (const FrameSize size : {FrameSize{28, 28}, FrameSize{84, 140}, FrameSize{1, 300}}) {
      EXPECT_TRUE(resize_frames(frames, size, GetParam()).eq(level).all().item<bool>()) << level;
    }
  }
}

TEST_P(EachArithmetic, FramesAndChannelsDoNotMix) {
  const at::Tensor frames = noise(3, 41, 67);
  const at::Tensor resized = resize_frames(frames, {28, 56}, GetParam());
  EXPECT_TRUE(
      at::equal(resize_frames(frames.flip({0, 1}), {28, 56}, GetParam()), resized.flip({0, 1})));
}

TEST_P(EachArithmetic, AMirroredPictureGivesTheMirroredResult) {
  const at::Tensor frames = noise(1, 60, 90);
  const at::Tensor resized = resize_frames(frames, {28, 56}, GetParam()).to(at::kInt);
  const at::Tensor mirrored = resize_frames(frames.flip({2, 3}), {28, 56}, GetParam());
  // The weights of the two sides are rounded apart.
  EXPECT_LE((mirrored.flip({2, 3}).to(at::kInt) - resized).abs().max().item<int64_t>(), 1);
}

TEST_P(EachArithmetic, StridesDoNotMatter) {
  const at::Tensor frames = noise(2, 40, 60);
  const at::Tensor packed = frames.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
  EXPECT_TRUE(at::equal(resize_frames(packed, {28, 56}, GetParam()),
                        resize_frames(frames, {28, 56}, GetParam())));
}

TEST(ResizeFrames, WrongTensorIsAnInternalError) {
  EXPECT_THROW(resize_frames(at::zeros({1, 3, 8, 8}), {28, 28}), core::InternalError);
  EXPECT_THROW(resize_frames(at::zeros({3, 8, 8}, at::kByte), {28, 28}), core::InternalError);
}

}  // namespace
}  // namespace retrace::data
