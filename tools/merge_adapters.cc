// merge_adapters: a model folder and LoRA adapters of it -> one model folder.
#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "core/error.h"
#include "core/program.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "model/checkpoint_writer.h"
#include "model/model_config.h"
#include "tools/command_line.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path model, adapter, out;
  at::ScalarType dtype = at::kBFloat16;
  double max_shard_gb = 5;
};

constexpr const char* kFooter = R"(Examples:
  merge_adapters --model Qwen2-VL-2B-Instruct --adapter runs/st_r1/checkpoints/step-000300 --out merged
  merge_adapters --model assets/tiny --adapter from_peft --out merged --dtype float32

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 bad checkpoint or adapter)";

void merge(const Arguments& arguments) {
  if (std::filesystem::exists(arguments.out)) {
    core::throw_<core::ConfigError>("--out: {} exists already and is not replaced",
                                    arguments.out.string());
  }
  model::Weights weights(model::read_model_config(arguments.model));
  model::load_weights(arguments.model, weights);
  weights = weights.with_adapters(model::load_adapters(arguments.adapter, weights));
  const model::SaveOptions options{arguments.dtype,
                                   static_cast<int64_t>(arguments.max_shard_gb * 1e9)};
  model::publish_model(arguments.out, arguments.model, weights, options);
  fmt::print("{}: {} adapters merged into {:.2f} M parameters, stored as {}\n",
             arguments.out.string(), weights.adapters()->entries().size(),
             static_cast<double>(weights.num_parameters()) / 1e6,
             arguments.dtype == at::kFloat ? "float32" : "bfloat16");
}

std::optional<int> parse(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Merges LoRA adapters (PEFT's layout) into the model they belong to.",
               "merge_adapters");
  app.add_option("--model", arguments.model, "base model, Hugging Face folder")->required();
  app.add_option("--adapter", arguments.adapter,
                 "folder with adapter_config.json and adapter_model.safetensors")
      ->required();
  app.add_option("--out", arguments.out, "folder to make")->required();
  tools::add_choice(app, "--dtype", arguments.dtype, "of the written weights",
                    {{"bfloat16", at::kBFloat16}, {"float32", at::kFloat}});
  app.add_option("--max-shard-gb", arguments.max_shard_gb, "a larger model becomes shards")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.footer(kFooter);
  return tools::parse_command_line(app, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  return core::run_program("merge_adapters", [&] {
    Arguments arguments;
    if (const auto code = parse(argc, argv, arguments)) return *code;
    merge(arguments);
    return 0;
  });
}
