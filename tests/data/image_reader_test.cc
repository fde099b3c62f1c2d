// Images against Pillow's pixels (tests/golden/make_prompt_golden.py), and files that are no
// images.
#include "data/image_reader.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"
#include "tests/support/base64.h"

namespace retrace::data {
namespace {

using test::decode_base64;
using test::error_text;
using test::TemporaryFolder;
using ::testing::HasSubstr;

at::Tensor read_packed(const nlohmann::json& packed) {
  const std::string bytes = decode_base64(packed.at("rgb"));
  at::Tensor pixels = at::empty(packed.at("shape").get<std::vector<int64_t>>(), at::kByte);
  EXPECT_EQ(static_cast<size_t>(pixels.numel()), bytes.size());
  std::copy(bytes.begin(), bytes.end(), pixels.data_ptr<uint8_t>());
  return pixels;
}

class ImageFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = folder_ / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  static const nlohmann::json& golden() {
    static const nlohmann::json all = nlohmann::json::parse(
        core::read_text_file(RETRACE_SOURCE_DIR "/tests/golden/image_golden.json"));
    return all;
  }
  // The content of one golden file.
  static std::string content(const std::string& name) {
    for (const auto& image : golden().at("images"))
      if (image.at("name") == name) return decode_base64(image.at("file"));
    throw std::runtime_error("no golden image " + name);
  }
  std::string error_of(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path file = write(name, bytes);
    const std::string text =
        error_text<core::DataError>([&] { static_cast<void>(read_image(file, options_)); });
    EXPECT_THAT(text, HasSubstr(file.string()));
    return text;
  }

  TemporaryFolder folder_;
  ImageOptions options_;
};

void expect_pixels(const at::Tensor& found, const nlohmann::json& packed, int64_t tolerance) {
  const at::Tensor expected = read_packed(packed);
  ASSERT_EQ(found.sizes(), expected.sizes());
  const at::Tensor difference = (found.to(at::kInt) - expected.to(at::kInt)).abs();
  EXPECT_LE(difference.max().item<int64_t>(), tolerance)
      << (difference > tolerance).sum().item<int64_t>() << " of " << difference.numel();
}

TEST_F(ImageFile, OfEveryKindHasThePixelsOfTheReference) {
  for (const auto& image : golden().at("images")) {
    const std::string name = image.at("name");
    SCOPED_TRACE(name);
    const std::filesystem::path file = write("any", decode_base64(image.at("file")));
    options_.reading = ImageReading::kTransformers;
    expect_pixels(read_image(file, options_), image.at("transformers"), image.at("tolerance"));
    options_.reading = ImageReading::kQwenVlUtils;
    const char* other = image.contains("qwen_vl_utils") ? "qwen_vl_utils" : "transformers";
    expect_pixels(read_image(file, options_), image.at(other), image.at("tolerance"));
  }
}

TEST_F(ImageFile, CutAnywhereIsAnError) {
  for (const char* name : {"420.jpg", "progressive.jpg", "rgb.png", "lossless.webp", "lossy.webp",
                           "lossy_alpha.webp", "rgb.bmp", "palette.gif"}) {
    const std::string whole = content(name);
    for (const double share : {0.02, 0.3, 0.6, 0.9}) {
      SCOPED_TRACE(fmt::format("{} cut at {}", name, share));
      const auto size = static_cast<size_t>(static_cast<double>(whole.size()) * share);
      error_of(name, whole.substr(0, std::max<size_t>(size, 1)));
    }
  }
}

TEST_F(ImageFile, WithFlippedBytesIsAnErrorOrAnImage) {
  for (const auto& image : golden().at("images")) {
    const std::string whole = decode_base64(image.at("file"));
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 25) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x5A);
      try {
        const at::Tensor pixels = read_image(write("damaged", damaged), options_);
        EXPECT_EQ(pixels.size(0), 3);
      } catch (const core::DataError&) {
      }
    }
  }
}

TEST_F(ImageFile, ThatIsNoneIsAnError) {
  EXPECT_THAT(error_of("a.jpg", "hello"), HasSubstr("expected JPEG, PNG, WebP, BMP or GIF"));
  EXPECT_THAT(error_of("a.jpg", ""), HasSubstr("found 0 bytes"));
  const std::string animated("RIFF\x0C\0\0\0WEBPANIM\0\0\0\0", 20);
  EXPECT_THAT(error_of("a.webp", animated), HasSubstr("an animated WebP, which is not supported"));
  EXPECT_THAT(error_text<core::DataError>(
                  [&] { static_cast<void>(read_image(folder_ / "none.png", options_)); }),
              HasSubstr("no such image file"));
}

TEST_F(ImageFile, LargerThanAllowedIsRefusedBeforeItIsDecoded) {
  options_.max_source_pixels = 23 * 17 - 1;
  for (const char* name : {"420.jpg", "rgb.png", "lossy.webp", "rgb.bmp", "palette.gif"})
    EXPECT_THAT(error_of(name, content(name)), HasSubstr(std::to_string(23 * 17 - 1)));
  // A header that announces 60,000 x 60,000 pixels.
  std::string bomb = content("rgb.png");
  for (const size_t at : {16U, 20U}) bomb.replace(at, 4, std::string("\0\0\xEA\x60", 4));
  options_ = {};
  error_of("bomb.png", bomb);
}

TEST_F(ImageFile, Of16BitGreyIsRefused) {
  // The reference saturates everything above 255 to white.
  const std::string grey = decode_base64(golden().at("refused").at(0).at("file"));
  EXPECT_THAT(error_of("grey.png", grey), HasSubstr("convert the image to 8 bits"));
}

TEST_F(ImageFile, IsResizedForTheModel) {
  options_.min_pixels = 56 * 56;
  options_.max_pixels = 56 * 84;
  const std::filesystem::path file = write("photo.jpg", content("photo.jpg"));
  const at::Tensor frames = load_image(file, options_);
  EXPECT_EQ(frames.sizes(), (std::vector<int64_t>{1, 3, 56, 84}));
  options_.max_pixels = 1;
  EXPECT_THAT(error_text<core::ConfigError>([&] { static_cast<void>(load_image(file, options_)); }),
              HasSubstr("max_pixels: must be at least min_pixels"));
}

}  // namespace
}  // namespace retrace::data
