// Prompts and what learns from them: template, demonstration, vision rows.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "data/video_writer.h"
#include "model/safetensors.h"
#include "rl/packed_batch.h"
#include "rl/prepared_prompt.h"
#include "rl/vision_rows.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/base64.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Prompt : public ::testing::Test {
 protected:
  PromptBuilder builder(const PromptOptions& options = {}) {
    return PromptBuilder({test::tiny_tokenizer(), config_, processor_, frames_}, options,
                         image_options_);
  }
  // A sample with a clip of 4 frames of 56 x 84.
  data::Sample video_sample() const {
    data::Sample sample;
    sample.problem = "Which way?";
    sample.solution = "<think>left</think> <answer>B</answer>";
    sample.videos = {folder_ / "clip.mp4"};
    const at::Tensor noise = test::random_normal({4, 3, 56, 84}, 3);
    data::write_video(sample.videos[0], (noise * 60 + 128).clamp(0, 255).to(at::kByte), {});
    return sample;
  }
  // The golden photograph.
  std::filesystem::path write_photo() const {
    const nlohmann::json golden = nlohmann::json::parse(
        core::read_text_file(RETRACE_SOURCE_DIR "/tests/golden/image_golden.json"));
    for (const auto& image : golden.at("images")) {
      if (image.at("name") != "photo.png") continue;
      const std::filesystem::path file = folder_ / "photo.png";
      std::ofstream(file, std::ios::binary) << test::decode_base64(image.at("file"));
      return file;
    }
    throw std::runtime_error("no golden photograph");
  }
  static data::FrameOptions frame_options() {
    data::FrameOptions options;
    options.sampler = {.rule = data::SamplingRule::kLinspaceFloor, .num_frames = 4};
    options.min_pixels = options.max_pixels = 84 * 56;
    return options;
  }
  std::string text_of(const std::vector<int64_t>& ids) const {
    return test::tiny_tokenizer().decode(ids, /*skip_special=*/false);
  }

  test::TemporaryFolder folder_;
  model::ModelConfig config_ = test::tiny_config();
  data::ImageOptions image_options_;
  model::Processor processor_ = model::family_processor(config_.family);
  data::FrameCache frames_{frame_options(), 1 << 24};
};

TEST_F(Prompt, PutsTheVideoBeforeTheProblem) {
  const PreparedPrompt prompt = builder({.system = "Be brief."}).build(video_sample());
  ASSERT_TRUE(prompt.has_vision());
  const int64_t num_tokens = prompt.patches.grids[0].num_tokens(config_.vision.spatial_merge_size);
  EXPECT_EQ(num_tokens, 2 * 2 * 3);
  std::string pads;
  for (int64_t i = 0; i < num_tokens; ++i) pads += "<|video_pad|>";
  EXPECT_EQ(text_of(prompt.tokens.ids),
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n<|vision_start|>" + pads +
                "<|vision_end|>Which way?<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(prompt.tokens.positions.size(1), static_cast<int64_t>(prompt.tokens.ids.size()));
}

TEST_F(Prompt, BlindKeepsTheFormAndShowsOnlyGrey) {
  const PreparedPrompt seen = builder().build(video_sample());
  const PreparedPrompt blind = builder().build(video_sample(), /*blind=*/true);
  EXPECT_EQ(blind.tokens.ids, seen.tokens.ids);
  EXPECT_TRUE(blind.tokens.positions.equal(seen.tokens.positions));
  ASSERT_EQ(blind.patches.pixel_values.sizes(), seen.patches.pixel_values.sizes());
  EXPECT_FALSE(blind.patches.pixel_values.equal(seen.patches.pixel_values));
  // One value a channel: every row is the first row.
  const at::Tensor first = blind.patches.pixel_values[0].expand_as(blind.patches.pixel_values);
  EXPECT_TRUE(blind.patches.pixel_values.equal(first));
}

TEST_F(Prompt, PutsImagesAndVideosWhereTheProblemSays) {
  data::Sample sample = video_sample();
  sample.videos.push_back(sample.videos[0]);
  sample.images = {write_photo()};
  sample.problem = "From <video> over <image> to <video>?";
  const PreparedPrompt prompt = builder().build(sample);
  ASSERT_EQ(prompt.patches.grids.size(), 3U);
  EXPECT_EQ(prompt.patches.grids[0].t, 2);
  EXPECT_EQ(prompt.patches.grids[1].t, 1);
  EXPECT_EQ(prompt.patches.grids[2].t, 2);
  const std::string text = text_of(prompt.tokens.ids);
  EXPECT_THAT(text, ::testing::ContainsRegex("user\nFrom <.vision_start.><.video_pad.>"));
  EXPECT_THAT(text, HasSubstr("<|video_pad|><|vision_end|> over <|vision_start|><|image_pad|>"));
  EXPECT_THAT(text, HasSubstr("<|image_pad|><|vision_end|> to <|vision_start|><|video_pad|>"));
  int64_t num_patches = 0;
  for (const model::GridThw& grid : prompt.patches.grids) num_patches += grid.num_patches();
  EXPECT_EQ(prompt.patches.pixel_values.size(0), num_patches);
  // The two videos are one file, the image is another.
  const int64_t video = prompt.patches.grids[0].num_patches();
  EXPECT_TRUE(prompt.patches.pixel_values.narrow(0, 0, video)
                  .equal(prompt.patches.pixel_values.narrow(0, num_patches - video, video)));
  const model::QwenVl model = test::tiny_model();
  EXPECT_EQ(VisionRows(model, prompt, false).detached().size(0), prompt.tokens.num_vision_tokens);
  // Blind keeps the form here, too.
  const PreparedPrompt blind = builder().build(sample, /*blind=*/true);
  EXPECT_EQ(blind.tokens.ids, prompt.tokens.ids);
  EXPECT_FALSE(blind.patches.pixel_values.equal(prompt.patches.pixel_values));
}

TEST_F(Prompt, PutsImagesBeforeVideosWithoutPlaceholders) {
  data::Sample sample = video_sample();
  sample.images = {write_photo()};
  EXPECT_THAT(text_of(builder().build(sample).tokens.ids),
              HasSubstr("<|image_pad|><|vision_end|><|vision_start|><|video_pad|>"));
}

TEST_F(Prompt, RefusesAnotherNumberOfPlaceholdersThanFiles) {
  data::Sample sample = video_sample();
  sample.problem = "<video> and <video>?";
  EXPECT_THAT(test::error_text<core::DataError>([&] { builder().build(sample); }),
              HasSubstr("expected <video> once for each of the sample's 1 files"));
}

TEST_F(Prompt, RefusesAPromptAboveTheLimit) {
  const auto length = static_cast<int64_t>(builder().build(video_sample()).tokens.ids.size());
  PromptOptions options;
  options.max_tokens = length;
  EXPECT_NO_THROW(builder(options).build(video_sample()));
  options.max_tokens = length - 1;
  EXPECT_THAT(test::error_text<core::DataError>([&] { builder(options).build(video_sample()); }),
              HasSubstr(fmt::format("{} tokens, 12 of them of 1 images and videos", length)));
}

TEST_F(Prompt, RefusesPositionsThatTheModelIsNotMadeFor) {
  data::Sample sample = video_sample();
  sample.index = 7;
  const PreparedPrompt prompt = builder().build(sample);
  // 12 tokens of the video take 3 positions: the largest of 2 pairs, 2 rows and 3 columns.
  EXPECT_EQ(prompt.tokens.next_position, std::ssize(prompt.tokens.ids) - 12 + 3);
  EXPECT_NO_THROW(builder().require_positions(sample, prompt, 1 << 20)) << "config.json says none";
  config_.max_positions = prompt.tokens.next_position + 10;
  EXPECT_NO_THROW(builder().require_positions(sample, prompt, 10));
  EXPECT_THAT(
      test::error_text<core::DataError>([&] { builder().require_positions(sample, prompt, 11); }),
      AllOf(HasSubstr("sample 7: prompt: "),
            HasSubstr(fmt::format("expected at most {} positions", *config_.max_positions)),
            HasSubstr(fmt::format("found {}; show fewer", *config_.max_positions + 1))));
}

TEST_F(Prompt, OfAnImageFileHasTheValuesOfTransformers) {
  // From the file on: decoding, conversion, size, resampling, normalisation, patch order.
  const model::SafetensorsReader golden(RETRACE_SOURCE_DIR
                                        "/tests/golden/prompt_golden.safetensors");
  data::Sample sample = video_sample();
  sample.videos.clear();
  sample.images = {write_photo()};
  image_options_.min_pixels = 1568;
  image_options_.max_pixels = 1600;
  const PreparedPrompt prompt = builder().build(sample);
  EXPECT_TRUE(prompt.patches.pixel_values.equal(golden.read("photo.pixel_values")));
}

TEST_F(Prompt, FillsTheTemplateOnce) {
  data::Sample sample = video_sample();
  sample.videos.clear();
  sample.problem = "Is {problem} a word?";
  const PreparedPrompt prompt =
      builder({.system = "", .text_template = "Look. {problem} Answer."}).build(sample);
  EXPECT_THAT(text_of(prompt.tokens.ids),
              HasSubstr("Look. Is {problem} a word? Answer.<|im_end|>"));
}

TEST_F(Prompt, RefusesATemplateWithoutExactlyOneProblem) {
  for (const std::string text_template : {"", "Answer!", "{problem} {problem}", "{Problem}"}) {
    EXPECT_THAT(test::error_text<core::ConfigError>(
                    [&] { builder({.system = "", .text_template = text_template}); }),
                AllOf(HasSubstr("prompt.template: must hold {problem} exactly once"),
                      HasSubstr("is '" + text_template + "'")));
  }
}

TEST_F(Prompt, RefusesControlTokensInTheProblem) {
  data::Sample sample = video_sample();
  sample.problem = "Which way?<|im_end|>";
  EXPECT_THAT(test::error_text<core::DataError>([&] { builder().build(sample); }),
              HasSubstr("<|im_end|>"));
}

TEST_F(Prompt, LearnsFromTheDemonstrationOnly) {
  const data::Sample sample = video_sample();
  const PreparedPrompt prompt = builder().build(sample);
  const std::vector<int64_t> demonstration = builder().demonstration_ids(sample);
  EXPECT_EQ(text_of(demonstration), sample.solution + "<|im_end|>");
  const PackedBatch batch = pack(std::vector<PackItem>{{&prompt.tokens, {&demonstration}, {}}});
  EXPECT_TRUE(at::equal(batch.labels_R, at::tensor(demonstration, at::kLong)));
  EXPECT_EQ(batch.predicting_R.min().item<int64_t>(),
            static_cast<int64_t>(prompt.tokens.ids.size()) - 1)
      << "a row inside the prompt predicts something";
}

// ------------------------------------------------------------------------------------------------
// Vision rows
// ------------------------------------------------------------------------------------------------

class VisionRowsTest : public ::testing::Test {
 protected:
  VisionRowsTest() { gradients_ = model_.weights().require_gradients(true); }

  // Two losses that read the rows, as two micro-batches would.
  static at::Tensor loss(const at::Tensor& rows, double scale) {
    return (scale * rows.square()).sum() + (rows * rows.detach().flip(0)).sum();
  }
  at::Tensor embed() const {
    return model_.vision_embeddings(prompt_.patches.pixel_values, prompt_.patches.grids);
  }

  model::QwenVl model_ = test::tiny_model();
  at::Tensor gradients_;
  PreparedPrompt prompt_{test::tiny_prompt("x", nullptr), test::random_patches(4)};
};

TEST_F(VisionRowsTest, GiveTheGradientOfADirectBackwardPass) {
  (loss(embed(), 1.0) + loss(embed(), 0.3)).backward();
  const at::Tensor direct = gradients_.clone();
  EXPECT_GT(direct.abs().max().item<float>(), 0);

  gradients_.zero_();
  const int64_t passes = model_.num_vision_passes();
  VisionRows rows(model_, prompt_, /*train=*/true);
  loss(rows.for_training(), 1.0).backward();
  loss(rows.for_training(), 0.3).backward();
  EXPECT_EQ(gradients_.abs().max().item<float>(), 0) << "the tower was reached too early";
  rows.finish_backward();
  EXPECT_TENSOR_NEAR(gradients_, direct, test::tolerance_for(at::kFloat));
  EXPECT_EQ(model_.num_vision_passes(), passes + 1);
}

TEST_F(VisionRowsTest, AreSampledFromWithoutAGraph) {
  const VisionRows rows(model_, prompt_, /*train=*/true);
  EXPECT_FALSE(rows.detached().requires_grad());
  EXPECT_TRUE(rows.for_training().requires_grad());
  EXPECT_TRUE(at::equal(rows.detached(), rows.for_training().detach()));
}

TEST_F(VisionRowsTest, OfAFrozenTowerTakeNoGradient) {
  VisionRows rows(model_, prompt_, /*train=*/false);
  EXPECT_FALSE(rows.for_training().requires_grad());
  EXPECT_NO_THROW(rows.finish_backward());
  EXPECT_EQ(gradients_.abs().max().item<float>(), 0);
}

TEST_F(VisionRowsTest, WithoutAnyLossLeaveTheTowerAlone) {
  VisionRows rows(model_, prompt_, /*train=*/true);
  EXPECT_NO_THROW(rows.finish_backward());
  EXPECT_EQ(gradients_.abs().max().item<float>(), 0);
}

TEST_F(VisionRowsTest, OfAPromptWithoutVideoAreUndefined) {
  const PreparedPrompt text{test::tiny_prompt("x", nullptr), {}};
  const int64_t passes = model_.num_vision_passes();
  VisionRows rows(model_, text, true);
  EXPECT_FALSE(rows.detached().defined());
  EXPECT_FALSE(rows.for_training().defined());
  FrozenVisionRows frozen(1 << 20);
  EXPECT_FALSE(frozen.get(model_, text, 0).defined());
  EXPECT_EQ(model_.num_vision_passes(), passes);
}

TEST_F(VisionRowsTest, OfAFrozenTowerAreComputedOnceASample) {
  FrozenVisionRows frozen(1 << 20);
  const int64_t passes = model_.num_vision_passes();
  const at::Tensor first = frozen.get(model_, prompt_, 7);
  EXPECT_TRUE(at::equal(frozen.get(model_, prompt_, 7), first));
  EXPECT_EQ(model_.num_vision_passes(), passes + 1);
  frozen.get(model_, prompt_, 8);
  EXPECT_EQ(model_.num_vision_passes(), passes + 2);
}

TEST_F(VisionRowsTest, AreNotKeptBeyondTheByteBudget) {
  const at::Tensor rows = VisionRows(model_, prompt_, false).detached();
  FrozenVisionRows frozen(static_cast<int64_t>(rows.nbytes()) * 3 / 2);  // room for one
  const int64_t passes = model_.num_vision_passes();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(at::equal(frozen.get(model_, prompt_, 1), rows));
    EXPECT_TRUE(at::equal(frozen.get(model_, prompt_, 2), rows));
  }
  EXPECT_EQ(model_.num_vision_passes(), passes + 3);
}

}  // namespace
}  // namespace retrace::rl
