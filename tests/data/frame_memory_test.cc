#include "data/frame_memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace retrace::data {
namespace {

TEST(FrameMemory, HoldsEveryByteAtEverySize) {
  // Below, at and above one huge page, with a small and a large rest.
  const std::vector<std::array<int64_t, 3>> sizes = {{1, 28, 28},   {8, 280, 312}, {2, 512, 683},
                                                     {3, 512, 683}, {8, 280, 504}, {5, 1024, 1024}};
  for (const auto& [num_frames, height, width] : sizes) {
    at::Tensor frames = empty_frames(num_frames, height, width);
    EXPECT_EQ(frames.sizes(), (at::IntArrayRef{num_frames, 3, height, width}));
    EXPECT_TRUE(frames.is_contiguous());
    frames.fill_(7);
    EXPECT_EQ(frames.sum().item<int64_t>(), 7 * 3 * num_frames * height * width);
  }
}

TEST(FrameMemory, OutlivesItsFirstOwnerAndIsGivenBack) {
  constexpr int64_t kRounds = 3000;  // 12 GB in all
  at::Tensor last_frame;
  for (int64_t i = 0; i < kRounds; ++i) {
    at::Tensor frames = empty_frames(8, 280, 504);
    frames[7].fill_(i % 251);
    last_frame = frames[7];
  }
  EXPECT_TRUE(last_frame.eq((kRounds - 1) % 251).all().item<bool>());
}

}  // namespace
}  // namespace retrace::data
