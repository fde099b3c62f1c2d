// merge_adapters: a model folder and LoRA adapters of it -> one model folder.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/logging.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "model/checkpoint_writer.h"
#include "model/model_config.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path model, adapter, out;
  std::string dtype = "bfloat16";
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
  const model::SaveOptions options{arguments.dtype == "float32" ? at::kFloat : at::kBFloat16,
                                   static_cast<int64_t>(arguments.max_shard_gb * 1e9)};
  model::publish_model(arguments.out, arguments.model, weights, options);
  fmt::print("{}: {} adapters merged into {:.2f} M parameters, stored as {}\n",
             arguments.out.string(), weights.adapters()->entries().size(),
             static_cast<double>(weights.num_parameters()) / 1e6, arguments.dtype);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Merges LoRA adapters (PEFT's layout) into the model they belong to.",
               "merge_adapters");
  app.add_option("--model", arguments.model, "base model, Hugging Face folder")->required();
  app.add_option("--adapter", arguments.adapter,
                 "folder with adapter_config.json and adapter_model.safetensors")
      ->required();
  app.add_option("--out", arguments.out, "folder to make")->required();
  app.add_option("--dtype", arguments.dtype, "of the written weights")
      ->check(CLI::IsMember({"bfloat16", "float32"}))
      ->capture_default_str();
  app.add_option("--max-shard-gb", arguments.max_shard_gb, "a larger model becomes shards")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
    merge(arguments);
    return 0;
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(core::ExitCode::kUsage);
  } catch (const core::Error& error) {
    core::log_error("{}", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    core::log_error("internal error: {}", error.what());
    return static_cast<int>(core::ExitCode::kInternal);
  }
}
