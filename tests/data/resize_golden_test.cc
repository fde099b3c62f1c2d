// resize_frames against torchvision, byte for byte. tests/golden/make_resize_golden.py made the
// checksums and describes the pictures.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/frame_resize.h"

namespace retrace::data {
namespace {

uint8_t noise(uint32_t index) {
  uint32_t mixed = index * 2654435761u;
  mixed ^= mixed >> 15;
  mixed *= 2246822519u;
  mixed ^= mixed >> 13;
  return static_cast<uint8_t>(mixed >> 24);
}

uint8_t pixel(const std::string& kind, FrameSize size, int64_t c, int64_t y, int64_t x) {
  if (kind == "edges") return (x / 3 + y / 5 + c) % 2 != 0 ? 255 : 0;
  if (kind == "waves") return static_cast<uint8_t>(x * (c + 1) + y * 2 + x * y / 64);
  return noise(static_cast<uint32_t>((c * size.height + y) * size.width + x));
}

at::Tensor picture(const std::string& kind, FrameSize size) {
  at::Tensor frame = at::empty({1, 3, size.height, size.width}, at::kByte);
  uint8_t* out = frame.mutable_data_ptr<uint8_t>();
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x) *out++ = pixel(kind, size, c, y, x);
    }
  }
  return frame;
}

uint64_t checksum(const uint8_t* bytes, int64_t count) {
  uint64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum = sum * 6364136223846793005u + bytes[i] + 1;
  return sum;
}

void expect_bytes(const at::Tensor& resized, const nlohmann::json& expected,
                  const std::string& what) {
  const uint8_t* bytes = resized.const_data_ptr<uint8_t>();
  std::vector<int> first;
  for (int64_t i = 0; i < std::min<int64_t>(8, resized.numel()); ++i) first.push_back(bytes[i]);
  EXPECT_EQ(first, expected["first"].get<std::vector<int>>()) << what;
  EXPECT_EQ(checksum(bytes, resized.numel()), expected["checksum"].get<uint64_t>()) << what;
}

TEST(ResizeGolden, BytesAreThoseOfTorchvision) {
  std::ifstream file(RETRACE_SOURCE_DIR "/tests/golden/resize_golden.json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  ASSERT_GE(golden["cases"].size(), 90u);
  for (const nlohmann::json& record : golden["cases"]) {
    const FrameSize from{record["from"][0], record["from"][1]},
        to{record["to"][0], record["to"][1]};
    const at::Tensor frame = picture(record["picture"], from);
    const std::string what = record["picture"].dump() + record["from"].dump() + record["to"].dump();
    expect_bytes(resize_frames(frame, to, ResizeArithmetic::kFloat32), record["float32"],
                 what + " float32");
    expect_bytes(resize_frames(frame, to, ResizeArithmetic::kUint8), record["uint8"],
                 what + " uint8");
  }
}

}  // namespace
}  // namespace retrace::data
