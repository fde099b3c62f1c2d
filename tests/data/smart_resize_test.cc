#include "data/smart_resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

using test::error_text;
using ::testing::HasSubstr;

ResizeRule rule_of(const std::string& name) {
  if (name == "processor") return ResizeRule::kProcessor;
  return name == "clip_processor" ? ResizeRule::kClipProcessor : ResizeRule::kQwenVlUtils;
}

TEST(TargetSize, AgreesWithTheReferenceInEveryRule) {
  const nlohmann::json golden = nlohmann::json::parse(
      core::read_text_file(RETRACE_SOURCE_DIR "/tests/golden/prompt_golden.json"));
  for (const auto& row : golden.at("sizes")) {
    SCOPED_TRACE(row.dump());
    const ResizeLimits limits = {rule_of(row[0]), row[4], row[5], row[6]};
    const int64_t num_frames = row[1], height = row[2], width = row[3];
    if (row[7].is_null()) {
      EXPECT_THROW(target_size(num_frames, height, width, limits), core::DataError);
      continue;
    }
    const FrameSize size = target_size(num_frames, height, width, limits);
    EXPECT_EQ(size.height, row[7][0].get<int64_t>());
    EXPECT_EQ(size.width, row[7][1].get<int64_t>());
  }
}

TEST(TargetSize, IsBoundedForLongClips) {
  // 768 frames of 1080p: 128000 x 784 x 0.9 / 768 x 2 = 235,200 pixels a frame.
  const FrameSize size = target_size(768, 1080, 1920, {});
  EXPECT_LE(size.height * size.width, 235200);
  EXPECT_EQ(size.height, 336);
  EXPECT_EQ(size.width, 644);
}

TEST(TargetSize, SaysWhatIsWrong) {
  EXPECT_THAT(error_text<core::DataError>([] { target_size(1, 10, 2001, {}); }),
              HasSubstr("at most 200 times the shorter"));
  EXPECT_THAT(error_text<core::DataError>([] {
                target_size(2, 31, 400, {ResizeRule::kClipProcessor, 32, 4096, 100000});
              }),
              HasSubstr("each side must have at least 32"));
  EXPECT_THAT(error_text<core::ConfigError>([] {
                validate(ResizeLimits{ResizeRule::kProcessor, 28, 5, 4});
              }),
              HasSubstr("at least min_pixels (5), is 4"));
}

// kQwenVlUtils worked by hand.
constexpr int64_t kMin = 128 * 28 * 28, kMax = 360 * 420;

void expect_size(int64_t height, int64_t width, int64_t min_pixels, int64_t max_pixels,
                 int64_t expected_height, int64_t expected_width) {
  const FrameSize size =
      target_size(1, height, width, {ResizeRule::kQwenVlUtils, 28, min_pixels, max_pixels});
  EXPECT_EQ(size.height, expected_height) << height << " x " << width;
  EXPECT_EQ(size.width, expected_width) << height << " x " << width;
}

TEST(SmartResize, UsualVideoSizes) {
  expect_size(360, 640, kMin, kMax, 280, 504);
  expect_size(480, 640, kMin, kMax, 336, 448);
  expect_size(720, 1280, kMin, kMax, 280, 504);
  expect_size(1080, 1920, kMin, kMax, 280, 504);
}

TEST(SmartResize, HalvesGoToTheEvenMultiple) {
  expect_size(70, 98, 1, kMax, 56, 112);   // 2.5 and 3.5 units
  expect_size(42, 126, 1, kMax, 56, 112);  // 1.5 and 4.5 units
}

TEST(SmartResize, SidesAreAtLeastOneUnit) {
  expect_size(5, 10, 1, kMax, 28, 28);
  expect_size(10, 1500, 1, 28 * 28 * 10, 28, 1064);  // shrinking must not lose a side either
}

TEST(SmartResize, SmallFramesGrow) {
  // sqrt(100352 / 3072) = 5.7155: 9.80 and 13.06 units, rounded up.
  expect_size(48, 64, kMin, kMax, 280, 392);
}

TEST(SmartResize, SizeThatFitsStays) {
  expect_size(280, 504, kMin, kMax, 280, 504);
}

TEST(SmartResize, ExtremeShapeIsAnError) {
  EXPECT_THAT(error_text<core::DataError>([] {
                target_size(1, 10, 2010, {ResizeRule::kQwenVlUtils, 28, 1, kMax});
              }),
              HasSubstr("2010 x 10 pixels: the longer side may be at most 200 times"));
  EXPECT_NO_THROW(target_size(1, 10, 2000, {ResizeRule::kQwenVlUtils, 28, 1, kMax}));
}

}  // namespace
}  // namespace retrace::data
