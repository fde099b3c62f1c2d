// model_check: dumps what a model makes of one prompt, for comparison with any other implementation
// (tests/golden/compare_with_transformers.py is one).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/frame_cache.h"
#include "model/checkpoint_files.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "model/tokenizer.h"
#include "rollout/engine.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path model, video, dump;
  std::string prompt, system, sampling = "fps";
  data::FrameOptions frames;
  int64_t max_new_tokens = 32;
};

constexpr const char* kFooter =
    R"(Writes a safetensors file with input_ids [T], position_ids [3, T], logits [T, V] (float32), greedy_ids [N] and,
with a video, pixel_values [patches, C*2*14*14], grid_thw [1, 3], vision_embeddings [rows, D]. Prints the answer.

Example:
  model_check --model runs/quickstart/final --video data_cache/quickstart/held_out/videos/000000.mp4 \
      --sampling linspace_floor --num-frames 16 --min-pixels 4704 --max-pixels 4704 \
      --prompt 'List each landmark and the turn taken there.' --dump check.safetensors

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 bad video or checkpoint)";

int parse_arguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Dumps what a model makes of one prompt, and prints its greedy answer.",
               "model_check");
  app.add_option("--model", arguments.model, "model folder in Hugging Face layout")->required();
  app.add_option("--prompt", arguments.prompt, "text of the user's turn")->required();
  app.add_option("--system", arguments.system, "system message (default: the family's)");
  app.add_option("--video", arguments.video, "video before the text");
  app.add_option("--dump", arguments.dump, "safetensors file to write")->required();
  app.add_option("--max-new-tokens", arguments.max_new_tokens, "length limit of the answer")
      ->check(CLI::PositiveNumber);
  app.add_option("--sampling", arguments.sampling, "frame sampling: fps or linspace_floor")
      ->check(CLI::IsMember({"fps", "linspace_floor"}));
  app.add_option("--fps", arguments.frames.sampler.fps, "frames a second, with fps")
      ->check(CLI::PositiveNumber);
  app.add_option("--num-frames", arguments.frames.sampler.num_frames, "frames, with linspace_floor")
      ->check(CLI::Range(2, 1 << 20));
  app.add_option("--min-pixels", arguments.frames.min_pixels, "a frame, after resizing")
      ->check(CLI::PositiveNumber);
  app.add_option("--max-pixels", arguments.frames.max_pixels, "a frame, after resizing")
      ->check(CLI::PositiveNumber);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(core::ExitCode::kUsage);
  }
  if (arguments.sampling == "linspace_floor")
    arguments.frames.sampler.rule = data::SamplingRule::kLinspaceFloor;
  return -1;
}

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

rollout::Completion greedy_answer(const model::QwenVl& model, const model::Tokenizer& tokenizer,
                                  const model::PromptTokens& tokens, const at::Tensor& vision_rows,
                                  int64_t max_new_tokens) {
  rollout::RolloutOptions options;
  options.sampling.temperature = 0;
  options.max_new_tokens = max_new_tokens;
  options.stop_ids = {model.config().eos_token_id, model.config().pad_token_id};
  options.banned_ids = model::unsampleable_ids(tokenizer, model.config());
  options.tile_rows = 1;
  const rollout::RolloutEngine engine(model, tokenizer, options);
  const rollout::RolloutRequest request{&tokens, vision_rows, 1, core::RandomStream(0, "greedy")};
  return engine.generate({&request, 1}, 0)[0].completions[0];
}

void check(const Arguments& arguments) {
  const at::NoGradGuard no_grad;
  const model::ModelConfig config = model::read_model_config(arguments.model);
  const model::Tokenizer tokenizer = model::Tokenizer::from_folder(arguments.model);
  model::Weights weights(config);
  model::load_weights(arguments.model, weights);
  const model::QwenVl model(config, std::move(weights));

  NamedTensors dump;
  std::vector<model::GridThw> grids;
  at::Tensor vision_rows;
  if (!arguments.video.empty()) {
    data::FrameOptions frames = arguments.frames;
    frames.resize_factor = config.vision.patch_size * config.vision.spatial_merge_size;
    const model::VisionPatches patches =
        model::make_patches(data::load_clip(arguments.video, frames).frames, config.vision);
    grids = patches.grids;
    vision_rows = model.vision_embeddings(patches.pixel_values, grids);
    dump.emplace_back("pixel_values", patches.pixel_values);
    dump.emplace_back("grid_thw",
                      at::tensor({grids[0].t, grids[0].h, grids[0].w}, at::kLong).view({1, 3}));
    dump.emplace_back("vision_embeddings", vision_rows);
  }
  const model::PromptTokens tokens = model::tokenize_prompt(
      tokenizer, config, {arguments.system, arguments.prompt, !arguments.video.empty()}, grids);
  const at::Tensor ids = at::tensor(tokens.ids, at::kLong);
  model::PackedContext attention(kernels::single_segment_plan(ids.size(0)));
  const at::Tensor hidden =
      model.hidden_states(model.embed(ids, vision_rows), tokens.positions, attention);
  const rollout::Completion answer =
      greedy_answer(model, tokenizer, tokens, vision_rows, arguments.max_new_tokens);
  dump.emplace_back("input_ids", ids);
  dump.emplace_back("position_ids", tokens.positions.contiguous());
  dump.emplace_back("logits", model.logits(hidden));
  dump.emplace_back("greedy_ids", at::tensor(answer.ids, at::kLong));
  model::write_safetensors(arguments.dump, dump);
  fmt::print("{}\n", answer.text);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (const int code = parse_arguments(argc, argv, arguments); code >= 0) return code;
  at::set_num_threads(1);
  try {
    check(arguments);
    return 0;
  } catch (const core::Error& error) {
    fmt::print(stderr, "model_check: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "model_check: internal error: {}\n", error.what());
    return static_cast<int>(core::ExitCode::kInternal);
  }
}
