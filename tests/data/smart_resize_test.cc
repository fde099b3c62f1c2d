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

}  // namespace
}  // namespace retrace::data
