// Model folders: what is written, that it loads back, and that none is left half.
#include "model/checkpoint_writer.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "core/error.h"
#include "core/files.h"
#include "model/checkpoint_files.h"
#include "model/safetensors.h"
#include "tests/model/small_weights.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::CheckpointError;

// The folder stays: tests/golden/check_saved_model.py reads it with transformers.
TEST(CheckpointWriter, SavedWeightsLoadBackEqual) {
  const std::filesystem::path folder =
      std::filesystem::path(RETRACE_BINARY_DIR) / "saved_tiny_model";
  std::filesystem::create_directories(folder);
  const ModelConfig config = read_model_config(tiny_folder());
  const Weights weights = random_weights(config);
  save_model(folder, tiny_folder(), weights, {at::kFloat});
  Weights loaded(config);
  load_weights(folder, loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));
}

TEST(CheckpointWriter, HalfPrecisionLoadsAsItsRounding) {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const TemporaryFolder folder;
    const Weights weights = random_weights(small_config());
    save_model(folder.path(), tiny_folder(), weights, {dtype});
    Weights loaded(small_config());
    load_weights(folder.path(), loaded);
    EXPECT_TRUE(at::equal(loaded.flat(), weights.flat().to(dtype).to(at::kFloat)));
  }
}

TEST(CheckpointWriter, SavingCopiesWhatBelongsToTheModel) {
  const TemporaryFolder folder;
  save_model(folder.path(), tiny_folder(), random_weights(small_config()), {at::kBFloat16});
  for (const char* name : {"config.json", "generation_config.json", "tokenizer.json",
                           "tokenizer_config.json", "preprocessor_config.json"}) {
    EXPECT_EQ(core::read_text_file(folder / name), core::read_text_file(tiny_folder() / name));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "make_tokenizer.py"));
  const SafetensorsReader reader(folder / "model.safetensors");
  EXPECT_EQ(reader.metadata().at("format"), "pt");
  EXPECT_EQ(reader.read("model.norm.weight").scalar_type(), at::kBFloat16);
  // Saving over itself keeps the files.
  save_model(folder.path(), folder.path(), random_weights(small_config()), {at::kFloat});
  EXPECT_TRUE(std::filesystem::exists(folder / "config.json"));
}

TEST(CheckpointWriter, AFileBehindADanglingLinkIsNotLeftOutInSilence) {
  const TemporaryFolder source, folder;
  write_text(source / "config.json", core::read_text_file(tiny_folder() / "config.json"));
  std::filesystem::create_symlink("nowhere", source / "merges.txt");
  EXPECT_ERROR(
      save_model(folder.path(), source.path(), random_weights(small_config()), {at::kFloat}),
      CheckpointError, "merges.txt: cannot be copied");
}

TEST(CheckpointWriter, ALargeModelIsWrittenAsShards) {
  // Left behind like saved_tiny_model.
  const std::filesystem::path folder =
      std::filesystem::path(RETRACE_BINARY_DIR) / "saved_sharded_model";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const ModelConfig config = read_model_config(tiny_folder());
  const Weights weights = random_weights(config);
  const int64_t limit = 300'000;  // bytes; some tensors are larger
  save_model(folder, tiny_folder(), weights, {at::kFloat, limit});
  EXPECT_FALSE(std::filesystem::exists(folder / "model.safetensors"));
  const nlohmann::json index = read_json(folder / "model.safetensors.index.json");
  EXPECT_EQ(index["metadata"]["total_size"], 4 * weights.num_parameters());
  EXPECT_EQ(index["weight_map"].size(), weights.specs().size());
  size_t num_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("model-")) continue;
    ++num_files;
    const SafetensorsReader reader(entry.path());
    int64_t bytes = 0;
    for (const std::string& name : reader.names()) bytes += 4 * reader.read(name).numel();
    EXPECT_TRUE(bytes <= limit || reader.names().size() == 1) << entry.path();
  }
  EXPECT_GT(num_files, 3u);
  Weights loaded(config);
  load_weights(folder, loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));
}

TEST(CheckpointWriter, APublishedModelIsWholeOrAbsent) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  publish_model(folder / "model", tiny_folder(), weights, {at::kFloat});
  EXPECT_TRUE(std::filesystem::exists(folder / "model" / "model.safetensors"));
  EXPECT_ERROR(publish_model(folder / "model", tiny_folder(), weights, {at::kFloat}),
               core::DataError, "already exists");
  EXPECT_ERROR(publish_model(folder / "other", folder.path(), weights, {at::kFloat}),
               CheckpointError, "expected config.json");
  size_t num_entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), "model");
    ++num_entries;
  }
  EXPECT_EQ(num_entries, 1u) << "something temporary is left";
}

TEST(CheckpointWriter, AdaptersAreMergedIntoWhatIsWritten) {
  const at::NoGradGuard no_grad;
  const TemporaryFolder folder;
  const Weights base = random_weights(small_config());
  const LoraOptions options{.rank = 3, .alpha = 6, .target_modules = {"up_proj", "qkv"}};
  Adapters adapters(base.specs(), options, match_modules(base.specs(), options));
  adapters.parameters().flat().copy_(
      at::arange(adapters.parameters().num_parameters()).cos().mul(0.1));
  const Weights adapted = base.with_adapters(std::move(adapters));
  save_model(folder.path(), tiny_folder(), adapted, {at::kFloat});
  Weights loaded(small_config());
  load_weights(folder.path(), loaded);
  for (size_t i = 0; i < loaded.specs().size(); ++i) {
    EXPECT_TRUE(at::equal(loaded.at(i), adapted.merged(i))) << loaded.specs()[i].name;
    const bool adapted_here = adapted.adapters()->find(i) != nullptr;
    EXPECT_EQ(at::equal(loaded.at(i), base.at(i)), !adapted_here) << loaded.specs()[i].name;
  }
}

TEST(CheckpointWriter, SavingNeedsBothFolders) {
  const TemporaryFolder folder;
  const Weights weights(small_config());
  EXPECT_ERROR(save_model(folder / "none", tiny_folder(), weights, {at::kFloat}), CheckpointError,
               "expected an existing folder");
  EXPECT_ERROR(save_model(folder.path(), folder.path(), weights, {at::kFloat}), CheckpointError,
               "expected config.json");
  EXPECT_ERROR(save_model(folder.path(), tiny_folder(), weights, {at::kLong}), core::InternalError,
               "Long");
}

}  // namespace
}  // namespace retrace::model
