// Colour conversion of every kind of pixel against the ffmpeg program, bit for bit.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "data/video_reader.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

struct PixelFormat {
  std::string name;
  std::string codec;
};

std::ostream& operator<<(std::ostream& out, const PixelFormat& format) {
  return out << format.name << " in " << format.codec;
}

class EachPixelFormat : public ::testing::TestWithParam<PixelFormat> {};

TEST_P(EachPixelFormat, IsConvertedAsTheFfmpegProgramDoes) {
  const test::TemporaryFolder folder;
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{48, 64}, {33, 71}}) {
    const auto file = folder / fmt::format("{}.mkv", height);
    // Noise reaches the values that must be clipped; testsrc2 itself has even sides only.
    test::run_ffmpeg(fmt::format(
        "-f lavfi -i testsrc2=size=72x48:rate=5:duration=1,format=rgb24,noise=alls=90:allf=t,"
        "crop={}:{}:0:0 -c:v {} -pix_fmt {} -strict -1 '{}'",
        width, height, GetParam().codec, GetParam().name, file.string()));
    const at::Tensor expected = test::decode_with_ffmpeg(file, height, width);
    VideoReader reader(file);
    std::vector<int64_t> indices(static_cast<size_t>(expected.size(0)));
    std::iota(indices.begin(), indices.end(), 0);
    EXPECT_EQ(std::ssize(indices), 5);
    EXPECT_TRUE(at::equal(reader.read(indices).frames, expected)) << height << " x " << width;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, EachPixelFormat,
    ::testing::Values(PixelFormat{"yuv420p", "ffv1"}, PixelFormat{"yuv422p", "ffv1"},
                      PixelFormat{"yuv444p", "ffv1"}, PixelFormat{"yuv440p", "ffv1"},
                      PixelFormat{"yuv411p", "ffv1"}, PixelFormat{"yuv410p", "ffv1"},
                      PixelFormat{"yuva420p", "ffv1"}, PixelFormat{"gray", "ffv1"},
                      PixelFormat{"yuv420p10le", "ffv1"}, PixelFormat{"yuv422p10le", "ffv1"},
                      PixelFormat{"yuv444p16le", "ffv1"}, PixelFormat{"gray16le", "ffv1"},
                      PixelFormat{"bgr0", "ffv1"}, PixelFormat{"yuvj420p", "mjpeg"},
                      PixelFormat{"yuvj444p", "mjpeg"}, PixelFormat{"yuyv422", "rawvideo"},
                      PixelFormat{"gbrp", "libx264rgb -qp 0"}, PixelFormat{"rgb24", "libx264rgb"}));

}  // namespace
}  // namespace retrace::data
