// model_check: dumps what a model makes of one prompt, for comparison with any other implementation
// (tests/golden/compare_with_transformers.py is one; docs/model_check.md shows how).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/program.h"
#include "model/checkpoint_files.h"
#include "model/processor.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "model/tokenizer.h"
#include "rl/media_options.h"
#include "rl/prepared_prompt.h"
#include "rollout/engine.h"
#include "tools/command_line.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path model, dump;
  std::vector<std::filesystem::path> videos, images;
  std::string prompt, system;
  rl::VideoSection video;
  rl::ImageSection image;
  int64_t max_new_tokens = 32;
};

constexpr const char* kFooter =
    R"(Images and videos stand where the prompt has <image> and <video>, in the order given; without such places they come
before the text, images first. Pixel limits of 0 are those of the checkpoint or the size rule, as in a recipe.

Writes a safetensors file with input_ids [T], position_ids [3, T], logits [T, V] (float32), greedy_ids [N] and, with images
or videos, pixel_values [patches, C*2*p*p], grid_thw [n, 3], vision_embeddings [rows, D], all in the order of the prompt.
Prints the answer.

Examples:
  model_check --model runs/quickstart/final --video data_cache/quickstart/held_out/videos/000000.mp4 \
      --sampling linspace_floor --num-frames 16 --min-pixels 4704 --max-pixels 4704 \
      --prompt 'List each landmark and the turn taken there.' --dump check.safetensors
  model_check --model Qwen2.5-VL-7B-Instruct --image map.png --video walk.mp4 \
      --prompt '<image>Is this the way taken in <video>?' --dump check.safetensors

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 bad video, image or checkpoint)";

void add_video_options(CLI::App& app, rl::VideoSection& video) {
  using Rule = data::SamplingRule;
  using Size = rl::SizeRuleChoice;
  data::FrameSamplerOptions& sampler = video.frames.sampler;
  video.frames.min_pixels = video.frames.max_pixels = 0;
  tools::add_choice(app, "--sampling", sampler.rule,
                    "frame sampling, as video.sampling of a recipe",
                    {{"fps", Rule::kFps},
                     {"linspace_round", Rule::kLinspaceRound},
                     {"linspace_floor", Rule::kLinspaceFloor},
                     {"segment_midpoint", Rule::kSegmentMidpoint},
                     {"hf_qwen2_vl", Rule::kHfQwen2Vl},
                     {"hf_qwen3_vl", Rule::kHfQwen3Vl},
                     {"times", Rule::kTimes}});
  app.add_option("--fps", sampler.fps, "frames a second")->check(CLI::PositiveNumber);
  app.add_option("--min-frames", sampler.min_frames, "with fps")->check(CLI::Range(2, 1 << 20));
  app.add_option("--max-frames", sampler.max_frames, "with fps")->check(CLI::Range(2, 1 << 20));
  app.add_option("--num-frames", sampler.num_frames, "with linspace and segments")
      ->check(CLI::Range(2, 1 << 20));
  app.add_option("--times", sampler.times, "seconds, with times");
  tools::add_choice(app, "--size-rule", video.size_rule,
                    "size of frames, as video.size_rule of a recipe",
                    {{"auto", Size::kAuto},
                     {"qwen_vl_utils", Size::kQwenVlUtils},
                     {"processor", Size::kProcessor}});
  app.add_option("--min-pixels", video.frames.min_pixels, "of a video, after resizing")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--max-pixels", video.frames.max_pixels, "of a video, after resizing")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--allow-partial", video.frames.allow_partial, "take what a damaged video holds");
}

void add_image_options(CLI::App& app, rl::ImageSection& image) {
  tools::add_choice(app, "--image-reading", image.reading, "as image.reading of a recipe",
                    {{"transformers", data::ImageReading::kTransformers},
                     {"qwen_vl_utils", data::ImageReading::kQwenVlUtils}});
  app.add_option("--image-min-pixels", image.min_pixels, "of an image, after resizing")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--image-max-pixels", image.max_pixels, "of an image, after resizing")
      ->check(CLI::NonNegativeNumber);
}

// An option of another sampling would change nothing, unnoticed.
void check_sampling_options(const CLI::App& app, data::SamplingRule rule) {
  using Rule = data::SamplingRule;
  const bool by_rate = rule == Rule::kFps || rule == Rule::kHfQwen2Vl || rule == Rule::kHfQwen3Vl;
  const bool by_times = rule == Rule::kTimes;
  const std::tuple<const char*, bool, const char*> options[] = {
      {"--fps", by_rate, "fps and hf_*"},
      {"--min-frames", by_rate, "fps and hf_*"},
      {"--max-frames", by_rate, "fps and hf_*"},
      {"--num-frames", !by_rate && !by_times, "linspace_* and segment_midpoint"},
      {"--times", by_times, "times"}};
  for (const auto& [name, is_used, samplings] : options) {
    if (is_used || app.count(name) == 0) continue;
    core::throw_<core::ConfigError>(
        "{}: goes with the samplings {}; choose with --sampling{}", name, samplings,
        app.count("--sampling") == 0 ? ", which is fps by default" : "");
  }
}

std::optional<int> parse(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Dumps what a model makes of one prompt, and prints its greedy answer.",
               "model_check");
  app.add_option("--model", arguments.model, "model folder in Hugging Face layout")->required();
  app.add_option("--prompt", arguments.prompt, "text of the user's turn")->required();
  app.add_option("--system", arguments.system, "system message (default: the checkpoint's)");
  app.add_option("--video", arguments.videos, "a video; may be given several times");
  app.add_option("--image", arguments.images, "an image; may be given several times");
  app.add_option("--dump", arguments.dump, "safetensors file to write; must not exist")->required();
  app.add_option("--max-new-tokens", arguments.max_new_tokens, "length limit of the answer")
      ->check(CLI::PositiveNumber);
  add_video_options(app, arguments.video);
  add_image_options(app, arguments.image);
  app.footer(kFooter);
  const std::optional<int> exit_code = tools::parse_command_line(app, argc, argv);
  if (!exit_code) check_sampling_options(app, arguments.video.frames.sampler.rule);
  return exit_code;
}

rl::PreparedPrompt prepare(const Arguments& arguments, const model::Tokenizer& tokenizer,
                           const model::ModelConfig& config) {
  const model::Processor processor = model::read_processor(arguments.model, config);
  data::FrameCache frames(rl::frame_options(arguments.video, config, processor), /*max_bytes=*/0);
  const rl::PromptBuilder builder({tokenizer, config, processor, frames},
                                  {.system = arguments.system},
                                  rl::image_options(arguments.image, config, processor));
  data::Sample sample;
  sample.problem = arguments.prompt;
  sample.images = arguments.images;
  sample.videos = arguments.videos;
  return builder.build(sample);
}

rollout::Completion greedy_answer(const model::QwenVl& model, const model::Tokenizer& tokenizer,
                                  const model::PromptTokens& tokens, const at::Tensor& vision_rows,
                                  int64_t max_new_tokens) {
  rollout::RolloutOptions options;
  options.sampling.temperature = 0;
  options.max_new_tokens = max_new_tokens;
  options.stop_ids = model::stop_ids(tokenizer, model.config());
  options.banned_ids = model::unsampleable_ids(tokenizer, model.config());
  options.tile_rows = 1;
  const rollout::RolloutEngine engine(model, tokenizer, options);
  const rollout::RolloutRequest request{&tokens, vision_rows, 1, core::RandomStream(0, "greedy")};
  return engine.generate({&request, 1}, 0)[0].completions[0];
}

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

void add_vision(const model::QwenVl& model, const model::VisionPatches& patches,
                const at::Tensor& vision_rows, NamedTensors& dump) {
  at::Tensor grids = at::empty({static_cast<int64_t>(patches.grids.size()), 3}, at::kLong);
  int64_t* out = grids.data_ptr<int64_t>();
  for (const model::GridThw& grid : patches.grids) {
    *out++ = grid.t;
    *out++ = grid.h;
    *out++ = grid.w;
  }
  dump.emplace_back("pixel_values", patches.pixel_values);
  dump.emplace_back("grid_thw", grids);
  // What follows in a row of Qwen3-VL are deepstack features.
  dump.emplace_back("vision_embeddings",
                    vision_rows.narrow(1, 0, model.config().hidden_size).contiguous());
}

void check(const Arguments& arguments) {
  if (std::filesystem::exists(arguments.dump)) {
    core::throw_<core::ConfigError>(
        "--dump: {} exists already and is not replaced; remove it, or choose another name",
        arguments.dump.string());
  }
  const at::NoGradGuard no_grad;
  const model::ModelConfig config = model::read_model_config(arguments.model);
  const model::Tokenizer tokenizer = model::Tokenizer::from_folder(arguments.model);
  const rl::PreparedPrompt prompt = prepare(arguments, tokenizer, config);
  model::Weights weights(config);
  model::load_weights(arguments.model, weights);
  const model::QwenVl model(config, std::move(weights));

  NamedTensors dump;
  at::Tensor vision_rows;
  if (prompt.has_vision()) {
    vision_rows = model.vision_embeddings(prompt.patches.pixel_values, prompt.patches.grids);
    add_vision(model, prompt.patches, vision_rows, dump);
  }
  const at::Tensor ids = at::tensor(prompt.tokens.ids, at::kLong);
  model::PackedContext attention(kernels::single_segment_plan(ids.size(0)));
  const at::Tensor hidden =
      model.hidden_states(model.embed(ids, vision_rows), prompt.tokens.positions, attention);
  const rollout::Completion answer =
      greedy_answer(model, tokenizer, prompt.tokens, vision_rows, arguments.max_new_tokens);
  dump.emplace_back("input_ids", ids);
  dump.emplace_back("position_ids", prompt.tokens.positions.contiguous());
  dump.emplace_back("logits", model.logits(hidden));
  dump.emplace_back("greedy_ids", at::tensor(answer.ids, at::kLong));
  model::write_safetensors(arguments.dump, dump);
  fmt::print("{}\n", answer.text);
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  return core::run_program("model_check", [&] {
    Arguments arguments;
    if (const auto code = parse(argc, argv, arguments)) return *code;
    check(arguments);
    return 0;
  });
}
