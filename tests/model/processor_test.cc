#include "model/processor.h"

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

class ProcessorFiles : public ::testing::Test {
 protected:
  Processor read(ModelFamily family = ModelFamily::kQwen2Vl) {
    config_.family = family;
    return read_processor(folder_.path(), config_);
  }
  TemporaryFolder folder_;
  ModelConfig config_;
};

TEST_F(ProcessorFiles, AreNotNeeded) {
  EXPECT_EQ(read().image.max_pixels, 1280 * 28 * 28);
  config_.vision.patch_size = 16;
  EXPECT_EQ(read(ModelFamily::kQwen3Vl).video.norm.mean[0], 0.5);
}

TEST_F(ProcessorFiles, BehindDanglingLinksAreErrorsAndNotDefaults) {
  for (const char* name : {"processor_config.json", "preprocessor_config.json"}) {
    std::filesystem::create_symlink("nowhere", folder_ / name);
    EXPECT_ERROR(read(), core::CheckpointError, std::string(name) + ": cannot be read");
    std::filesystem::remove(folder_ / name);
  }
  EXPECT_NO_THROW(read());
}

TEST_F(ProcessorFiles, DeepNestingIsAnError) {
  const size_t depth = 1'000'000;
  write_text(folder_ / "processor_config.json",
             "{\"image_processor\": " + std::string(depth, '[') + std::string(depth, ']') + "}");
  EXPECT_THROW(read(), core::CheckpointError);
}

TEST_F(ProcessorFiles, OneFileServesImagesAndVideos) {
  // As Qwen2-VL's checkpoints have it.
  write_text(folder_ / "preprocessor_config.json",
             R"({"min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "merge_size": 2,
                 "temporal_patch_size": 2, "image_mean": [0.1, 0.2, 0.3]})");
  const Processor processor = read();
  EXPECT_EQ(processor.image.max_pixels, 12845056);
  EXPECT_EQ(processor.video.min_pixels, 3136);
  EXPECT_EQ(processor.video.norm.mean[2], 0.3);
  EXPECT_EQ(processor.video.norm.std[0], 0.26862954);
}

TEST_F(ProcessorFiles, VideosHaveAFileOfTheirOwn) {
  // As Qwen3-VL's checkpoints have it.
  config_.vision.patch_size = 16;
  write_text(folder_ / "preprocessor_config.json",
             R"({"size": {"longest_edge": 16777216, "shortest_edge": 65536}, "patch_size": 16,
                 "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})");
  write_text(folder_ / "video_preprocessor_config.json",
             R"({"size": {"longest_edge": 25165824, "shortest_edge": 4096}, "patch_size": 16})");
  const Processor processor = read(ModelFamily::kQwen3Vl);
  EXPECT_EQ(processor.image.min_pixels, 65536);
  EXPECT_EQ(processor.image.max_pixels, 16777216);
  EXPECT_EQ(processor.video.min_pixels, 4096);
  EXPECT_EQ(processor.video.max_pixels, 25165824);
}

TEST_F(ProcessorFiles, OneFileOfTransformers5GoesFirst) {
  write_text(folder_ / "preprocessor_config.json", R"({"min_pixels": 1, "max_pixels": 2})");
  write_text(folder_ / "processor_config.json",
             R"({"image_processor": {"size": {"shortest_edge": 5, "longest_edge": 6}},
                 "video_processor": {"size": {"shortest_edge": 7, "longest_edge": 8}}})");
  EXPECT_EQ(read().image.min_pixels, 5);
  EXPECT_EQ(read().video.max_pixels, 8);
  // An older processor_config.json holds neither.
  write_text(folder_ / "processor_config.json", R"({"processor_class": "X"})");
  EXPECT_EQ(read().image.max_pixels, 2);
}

TEST_F(ProcessorFiles, WhatIsNotDoneHereIsRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"patch_size": 16})", "expected 14, as vision_config.patch_size"},
      {R"({"merge_size": 1})", "expected 2, as vision_config.spatial_merge_size"},
      {R"({"do_normalize": false})", "this step is always done"},
      {R"({"resample": 2})", "3 (bicubic)"},
      {R"({"rescale_factor": 0.5})", "1/255"},
      {R"({"image_std": [1, 0, 1]})", "numbers above 0"},
      {R"({"image_mean": 0.5})", "a list of 3 numbers"},
      {R"({"image_mean": [1, 2, "x"]})", "a list of 3 numbers"},
      {R"({"min_pixels": 50, "max_pixels": 40})", "at least min_pixels, 50"},
      {R"({"max_pixels": "many"})", "max_pixels"},
      {"[", "not valid JSON"}};
  for (const auto& [content, expected] : cases) {
    write_text(folder_ / "preprocessor_config.json", content);
    EXPECT_ERROR(read(), core::CheckpointError, expected);
  }
}

}  // namespace
}  // namespace retrace::model
