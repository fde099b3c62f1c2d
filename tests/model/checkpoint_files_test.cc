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
               "1 of 2 listed files are not there: part-2.safetensors");
  write_text(index, R"({"weight_map": {"a": "../b.safetensors"}})");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "a file name without folders");
  write_text(index, R"({"weight_map": {}})");
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError, "at least one tensor");
}

TEST(CheckpointFiles, WeightsBehindADanglingLinkAreNamed) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "model.safetensors");
  Weights loaded(small_config());
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               (folder / "model.safetensors").string());
}

TEST(CheckpointFiles, ATensorThatTheIndexListsMustBeInItsFile) {
  const TemporaryFolder folder;
  NamedTensors tensors = named_tensors(random_weights(small_config()));
  nlohmann::json map;
  for (const auto& [name, tensor] : tensors) map[name] = "part-1.safetensors";
  tensors.pop_back();
  write_safetensors(folder / "part-1.safetensors", tensors);
  write_text(folder / "model.safetensors.index.json", nlohmann::json({{"weight_map", map}}).dump());
  Weights loaded(small_config());
  EXPECT_ERROR(load_weights(folder.path(), loaded), CheckpointError,
               "1 tensors are listed, but not in their file: model.norm.weight in "
               "part-1.safetensors");
}

TEST(CheckpointFiles, DtypesMayBeMixed) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  NamedTensors tensors = named_tensors(weights);
  constexpr at::ScalarType kDtypes[] = {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble};
  for (size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].second = tensors[i].second.to(kDtypes[i % 4]);
  }
  write_model(folder, tensors);
  Weights loaded(small_config());
  load_weights(folder.path(), loaded);
  for (size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_TRUE(at::equal(loaded.at(i), tensors[i].second.to(at::kFloat))) << tensors[i].first;
  }
}

TEST(CheckpointFiles, ALargeModelIsWrittenAsShards) {
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

TEST(CheckpointFiles, AHeaderOfAnyLengthIsRead) {  // values then lie on no multiple of their size
  const TemporaryFolder folder;
  const at::Tensor values = at::arange(1000, at::kFloat);
  write_safetensors(folder / "a.safetensors", {{"x", values}});
  std::string file = core::read_text_file(folder / "a.safetensors");
  for (int spaces = 1; spaces < 4; ++spaces) {
    std::string shifted = file;
    shifted[0] = static_cast<char>(shifted[0] + spaces);  // the header's length
    shifted.insert(8, static_cast<size_t>(spaces), ' ');
    write_text(folder / "b.safetensors", shifted);
    const at::Tensor target = at::zeros({1000});
    const SafetensorsReader reader(folder / "b.safetensors");
    reader.read_float("x", target);
    EXPECT_TRUE(at::equal(target, values)) << spaces;
    EXPECT_TRUE(reader.equals_float("x", values));
    EXPECT_FALSE(reader.equals_float("x", values + 1));
  }
}

TEST(CheckpointFiles, APublishedModelIsWholeOrAbsent) {
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

TEST(CheckpointFiles, AdaptersAreMergedIntoWhatIsWritten) {
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
