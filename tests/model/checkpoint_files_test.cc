#include "model/checkpoint_files.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "model/checkpoint_writer.h"
#include "model/safetensors.h"
#include "tests/model/small_weights.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

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

TEST(CheckpointFiles, LoadingFillsWeightsThatRequireGradients) {
  const TemporaryFolder folder;
  const Weights weights = random_weights(small_config());
  save_model(folder.path(), tiny_folder(), weights, {at::kFloat});
  Weights loaded(small_config());
  loaded.require_gradients(true);
  load_weights(folder.path(), loaded);
  EXPECT_TRUE(at::equal(loaded.flat(), weights.flat()));
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

}  // namespace
}  // namespace retrace::model
