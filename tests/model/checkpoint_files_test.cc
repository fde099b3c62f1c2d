#include "model/checkpoint_files.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "model/checkpoint_writer.h"
#include "model/safetensors.h"
#include "tests/model/test_files.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

ModelConfig small_config() {
  ModelConfig config = read_model_config(tiny_folder());
  config.num_layers = 1;
  config.vision.depth = 1;
  config.hidden_size = 48;
  config.intermediate_size = 32;
  config.vision.embed_dim = 16;
  config.vision.mlp_dim = 32;
  return config;
}

Weights random_weights(const ModelConfig& config) {
  Weights weights(config);
  initialise_randomly(weights, 11);
  weights.flat().add_(0.001);  // biases are no longer zero
  return weights;
}

NamedTensors named_tensors(const Weights& weights) {
  NamedTensors tensors;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    tensors.emplace_back(weights.specs()[i].name, weights.at(i));
  }
  return tensors;
}

void write_model(const TemporaryFolder& folder, const NamedTensors& tensors) {
  write_safetensors(folder / "model.safetensors", tensors);
}

// The folder stays: tests/golden/check_saved_model.py reads it with transformers.
TEST(CheckpointFiles, SavedWeightsLoadBackEqual) {
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

TEST(CheckpointFiles, HalfPrecisionLoadsAsItsRounding) {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const TemporaryFolder folder;
    const Weights weights = random_weights(small_config());
    save_model(folder.path(), tiny_folder(), weights, {dtype});
    Weights loaded(small_config());
    load_weights(folder.path(), loaded);
    EXPECT_TRUE(at::equal(loaded.flat(), weights.flat().to(dtype).to(at::kFloat)));
  }
}

TEST(CheckpointFiles, LoadingFillsWeightsThatRequireGradients) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  save_model(folder.path(), tiny_folder(), weights, {at::kFloat});
  Weights loaded(small_config());
  loaded.require_gradients(true);
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));
}

TEST(CheckpointFiles, SavingCopiesWhatBelongsToTheModel) {
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

TEST(CheckpointFiles, TheNestedLayoutLoadsLikeTheFlatOne) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  NamedTensors nested;
  for (auto [name, tensor] : named_tensors(weights)) {
    if (name.starts_with("visual."))
      name = "model." + name;
    else if (name.starts_with("model."))
      name = "model.language_model." + name.substr(6);
    nested.emplace_back(name, tensor);
  }
  write_model(folder, nested);
  Weights loaded(small_config());
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));
}

TEST(CheckpointFiles, ShardsWithAnIndexLoadLikeOneFile) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  const NamedTensors tensors = named_tensors(weights);
  NamedTensors shards[2];
  nlohmann::json map;
  for (size_t i = 0; i < tensors.size(); ++i) {
    shards[i % 2].push_back(tensors[i]);
    map[tensors[i].first] = i % 2 == 0 ? "part-1.safetensors" : "part-2.safetensors";
  }
  write_safetensors(folder / "part-1.safetensors", shards[0]);
  write_safetensors(folder / "part-2.safetensors", shards[1]);
  const auto index = folder / "model.safetensors.index.json";
  write_text(index,
             nlohmann::json({{"metadata", {{"total_size", 1}}}, {"weight_map", map}}).dump());
  Weights loaded(small_config());
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));

  std::filesystem::remove(folder / "part-2.safetensors");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               "part-2.safetensors: cannot be read");
  write_text(index, R"({"weight_map": {"a": "../b.safetensors"}})");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "a file name without folders");
  write_text(index, R"({"weight_map": {}})");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "at least one tensor");
}

TEST(CheckpointFiles, ATiedHeadMayBePresentIfItIsTheEmbedding) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  NamedTensors tensors = named_tensors(weights);
  tensors.emplace_back("lm_head.weight", weights.get("model.embed_tokens.weight").clone());
  write_model(folder, tensors);
  Weights loaded(small_config());
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));

  tensors.back().second[0][0] += 1;
  write_model(folder, tensors);
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "tie_word_embeddings");
}

TEST(CheckpointFiles, AnUntiedHeadIsLoadedAndMissedWhenAbsent) {
  const TemporaryFolder folder;
  ModelConfig untied = small_config();
  untied.tie_word_embeddings = false;
  const Weights weights = random_weights(untied);
  write_model(folder, named_tensors(weights));
  Weights loaded(untied);
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.get("lm_head.weight"), weights.get("lm_head.weight")));

  write_model(folder, named_tensors(random_weights(small_config())));
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               "1 missing: lm_head.weight [480, 48]");
}

TEST(CheckpointFiles, MisfitsAreListedWithShapes) {
  const TemporaryFolder folder;
  NamedTensors tensors = named_tensors(random_weights(small_config()));
  tensors.back() = {"model.norm.weight", at::ones({49})};
  tensors.front().first = "visual.patch_embed.proj.wait";
  tensors.emplace_back("visual.rotary_pos_emb.inv_freq", at::ones({4}));  // a constant, ignored
  write_model(folder, tensors);
  Weights loaded(small_config());
  EXPECT_ERROR(
      load_weights(folder.path(), loaded), CheckpointError,
      "1 missing: visual.patch_embed.proj.weight [16, 3, 2, 14, 14] | 1 unexpected: "
      "visual.patch_embed.proj.wait | 1 misshapen: model.norm.weight expected [48], found [49]");
}

TEST(CheckpointFiles, LongListsAreCutShort) {
  const TemporaryFolder folder;
  write_model(folder, {{"x", at::ones({1})}});
  Weights loaded(small_config());
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "; and ");
}

TEST(CheckpointFiles, ATensorUnderBothNamesIsRefused) {
  const TemporaryFolder folder;
  NamedTensors tensors = named_tensors(random_weights(small_config()));
  tensors.emplace_back("model.language_model.norm.weight", at::ones({48}));
  write_model(folder, tensors);
  Weights loaded(small_config());
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "stored twice");
}

TEST(CheckpointFiles, ValuesThatAreNotFiniteOrNotNumbersAreRefused) {
  const TemporaryFolder folder;
  Weights loaded(small_config());
  NamedTensors tensors = named_tensors(random_weights(small_config()));
  tensors.back().second = at::full({48}, NAN);
  write_model(folder, tensors);
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               "'model.norm.weight' holds NaN");
  tensors.back().second = at::ones({48}, at::kLong);
  write_model(folder, tensors);
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               "expected floating-point values");
}

TEST(CheckpointFiles, AFolderWithoutWeightsSaysWhatItLacks) {
  const TemporaryFolder folder;
  Weights loaded(small_config());
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "is this a model folder?");
  write_text(folder / "pytorch_model.bin", "x");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "convert it to safetensors");
}

TEST(CheckpointFiles, SavingNeedsBothFolders) {
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
