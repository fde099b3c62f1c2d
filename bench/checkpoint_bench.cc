// Time and peak memory of writing and reading a checkpoint, each in a process of its own:
//
//   checkpoint_bench --folder /tmp/checkpoint --gb 2 --dtype bfloat16 --max-shard-gb 0.4
//
// Makes a Qwen2-VL configuration whose float32 weights take about --gb, saves it, loads it. What is
// reported is the largest resident memory of the process, all libraries included, over the size of
// the float32 weights; the difference to the memory before the weights existed is given beside it.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/resources.h"
#include "model/checkpoint_files.h"
#include "model/checkpoint_writer.h"
#include "model/model_config.h"

namespace {

using namespace retrace;
namespace fs = std::filesystem;

struct Arguments {
  fs::path folder;
  double gb = 1, max_shard_gb = 5;
  std::string dtype = "bfloat16";
};

constexpr int64_t kWidth = 1024, kInner = 4096, kVocab = 32000;

// One decoder layer has about 14.7 million parameters, the embeddings 32.8 million.
std::string config_json(double gb) {
  const double layer = 2.0 * kWidth * kWidth + 2.0 * kWidth * 128 + 3.0 * kWidth * kInner;
  const double layers = std::max(1.0, (gb * 1e9 / 4 - double{kVocab * kWidth}) / layer);
  const nlohmann::json config = {
      {"architectures", {"Qwen2VLForConditionalGeneration"}},
      {"model_type", "qwen2_vl"},
      {"bos_token_id", 1},
      {"eos_token_id", 2},
      {"pad_token_id", 1},
      {"vision_start_token_id", 3},
      {"vision_end_token_id", 4},
      {"image_token_id", 5},
      {"video_token_id", 6},
      {"hidden_size", kWidth},
      {"intermediate_size", kInner},
      {"num_hidden_layers", static_cast<int64_t>(layers)},
      {"num_attention_heads", 8},
      {"num_key_value_heads", 1},
      {"hidden_act", "silu"},
      {"rms_norm_eps", 1e-6},
      {"rope_theta", 1e6},
      {"rope_scaling", {{"type", "mrope"}, {"mrope_section", {16, 24, 24}}}},
      {"tie_word_embeddings", true},
      {"vocab_size", kVocab},
      {"vision_config",
       {{"depth", 1},
        {"embed_dim", 64},
        {"num_heads", 2},
        {"mlp_ratio", 4},
        {"hidden_act", "quick_gelu"},
        {"hidden_size", kWidth},
        {"in_channels", 3},
        {"patch_size", 14},
        {"spatial_merge_size", 2},
        {"temporal_patch_size", 2}}}};
  return config.dump(1);
}

void report(std::string_view what, const model::Weights& weights, double before_gb,
            std::chrono::steady_clock::time_point start) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double weights_gb = static_cast<double>(weights.num_parameters()) * 4e-9;
  const double peak_gb = core::peak_memory_gb();
  fmt::print(
      "{:<5}: {:.3f} GB of float32 weights, peak {:.3f} GB = {:.3f}x ({:.3f}x above the {:.3f} GB "
      "of "
      "the bare process), {:.2f} s\n",
      what, weights_gb, peak_gb, peak_gb / weights_gb, (peak_gb - before_gb) / weights_gb,
      before_gb, seconds);
  std::fflush(stdout);
}

void write(const Arguments& arguments) {
  fs::create_directories(arguments.folder);
  core::write_file_atomically(arguments.folder / "config.json", config_json(arguments.gb));
  const double before_gb = core::peak_memory_gb();
  const model::Weights weights(model::read_model_config(arguments.folder));
  weights.flat().fill_(0.25);
  const auto start = std::chrono::steady_clock::now();
  save_model(arguments.folder, arguments.folder, weights,
             {arguments.dtype == "float32" ? at::kFloat : at::kBFloat16,
              static_cast<int64_t>(arguments.max_shard_gb * 1e9)});
  report("write", weights, before_gb, start);
}

void read(const Arguments& arguments) {
  const double before_gb = core::peak_memory_gb();
  const auto start = std::chrono::steady_clock::now();
  model::Weights weights(model::read_model_config(arguments.folder));
  model::load_weights(arguments.folder, weights);
  report("read", weights, before_gb, start);
}

// Runs `work` in a child process; returns its exit code.
int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Peak memory of writing and reading a checkpoint.", "checkpoint_bench");
  app.add_option("--folder", arguments.folder, "where to make it; left behind")->required();
  app.add_option("--gb", arguments.gb, "of float32 weights")->capture_default_str();
  app.add_option("--dtype", arguments.dtype, "in the files")
      ->check(CLI::IsMember({"bfloat16", "float32"}))
      ->capture_default_str();
  app.add_option("--max-shard-gb", arguments.max_shard_gb, "of a file")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const int code = in_child([&] { write(arguments); });
  return code != 0 ? code : in_child([&] { read(arguments); });
}
