#include "model/adapter_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "model/adapter_config.h"
#include "model/parameter_specs.h"
#include "model/safetensors.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using core::throw_;
namespace fs = std::filesystem;

constexpr std::string_view kTensorFile = "adapter_model.safetensors";
constexpr std::string_view kPrefix = "base_model.model.";
constexpr std::string_view kSuffixA = ".lora_A.weight", kSuffixB = ".lora_B.weight";

// The stored names of A and B by module (hub layout).
struct Pair {
  std::string a, b;
};
using Pairs = std::map<std::string, Pair>;

Pairs pair_tensors(const SafetensorsReader& reader, const fs::path& file) {
  Pairs pairs;
  for (const std::string& name : reader.names()) {
    std::string_view rest = name;
    if (rest.starts_with(kPrefix)) rest.remove_prefix(kPrefix.size());
    const bool is_a = rest.ends_with(kSuffixA);
    if (!is_a && !rest.ends_with(kSuffixB)) {
      throw_<CheckpointError>(
          "{}: tensor '{}': expected names that end with {} or {}; other kinds of trained tensors "
          "are not supported",
          file.string(), name, kSuffixA, kSuffixB);
    }
    rest.remove_suffix(kSuffixA.size());
    Pair& pair = pairs[parameter_name(rest)];
    std::string& place = is_a ? pair.a : pair.b;
    if (!place.empty()) {
      throw_<CheckpointError>("{}: tensor '{}' is stored twice, also as '{}'", file.string(), name,
                              place);
    }
    place = name;
  }
  if (pairs.empty()) throw_<CheckpointError>("{}: holds no adapters", file.string());
  return pairs;
}

// Indices of the adapted matrices, ascending.
std::vector<size_t> adapted_modules(const Pairs& pairs, const std::vector<ParameterSpec>& specs,
                                    const fs::path& file) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < specs.size(); ++i) {
    const std::string module = adaptable_module(specs[i]);
    if (!module.empty()) places.emplace(parameter_name(module), i);
  }
  std::vector<size_t> modules;
  std::vector<std::string> unknown;
  for (const auto& [module, pair] : pairs) {
    if (pair.a.empty() || pair.b.empty()) {
      throw_<CheckpointError>("{}: '{}' has only {}, the other one of the pair is missing",
                              file.string(), module,
                              pair.a.empty() ? "lora_B.weight" : "lora_A.weight");
    }
    const auto found = places.find(module);
    if (found == places.end()) {
      unknown.push_back(module);
    } else {
      modules.push_back(found->second);
    }
  }
  if (!unknown.empty()) {
    const size_t shown = std::min<size_t>(unknown.size(), 5);
    throw_<CheckpointError>(
        "{}: {} adapters are for what is no adaptable linear layer of this model: {}{}; is this "
        "the adapter's base model?",
        file.string(), unknown.size(),
        fmt::join(unknown.begin(), unknown.begin() + static_cast<int64_t>(shown), ", "),
        shown < unknown.size() ? ", ..." : "");
  }
  std::sort(modules.begin(), modules.end());
  return modules;
}

// Keeps the patterns where they mean what the file holds.
void settle_patterns(LoraOptions& options, const std::vector<ParameterSpec>& specs,
                     const std::vector<size_t>& modules) {
  try {
    if (match_modules(specs, options) == modules) return;
  } catch (const core::ConfigError&) {  // PEFT leaves names behind that match nothing
  }
  options.exclude_modules.clear();
  options.target_modules.clear();
  for (const size_t index : modules) {
    options.target_modules.push_back(adaptable_module(specs[index]));
  }
}

void read_into(const SafetensorsReader& reader, const std::string& name, const at::Tensor& target,
               const fs::path& file) {
  if (reader.shape(name) != target.sizes().vec()) {
    throw_<CheckpointError>("{}: tensor '{}': expected shape [{}], found [{}]", file.string(), name,
                            fmt::join(target.sizes(), ", "), fmt::join(reader.shape(name), ", "));
  }
  reader.read_float(name, target);
}

}  // namespace

bool has_adapter_files(const fs::path& folder) {
  return core::is_present(folder / kAdapterConfigFile);
}

Adapters load_adapters(const fs::path& folder, const Weights& weights) {
  const at::NoGradGuard no_grad;
  LoraOptions options = read_adapter_options(folder);
  const fs::path file = folder / kTensorFile;
  const SafetensorsReader reader(file);
  const Pairs pairs = pair_tensors(reader, file);
  const std::vector<size_t> modules = adapted_modules(pairs, weights.specs(), file);
  settle_patterns(options, weights.specs(), modules);
  Adapters adapters(weights.specs(), std::move(options), modules);
  for (const Adapters::Entry& entry : adapters.entries()) {
    const Pair& pair = pairs.at(parameter_name(adaptable_module(weights.specs()[entry.weight])));
    read_into(reader, pair.a, adapters.parameters().at(entry.a), file);
    read_into(reader, pair.b, adapters.parameters().at(entry.b), file);
  }
  return adapters;
}

int64_t count_adapter_values(const fs::path& folder) {
  const SafetensorsReader reader(folder / kTensorFile);
  int64_t total = 0;
  for (const std::string& name : reader.names()) {
    int64_t size = 1;
    for (const int64_t dim : reader.shape(name)) size *= dim;
    total += size;
  }
  return total;
}

void save_adapters(const fs::path& folder, const Adapters& adapters,
                   const std::string& base_model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  const ParameterSet& parameters = adapters.parameters();
  for (size_t i = 0; i < parameters.specs().size(); ++i) {
    tensors.emplace_back(fmt::format("{}{}", kPrefix, parameters.specs()[i].nested_name),
                         parameters.at(i));
  }
  write_safetensors(folder / kTensorFile, tensors, {{"format", "pt"}});
  core::write_file_atomically(folder / kAdapterConfigFile,
                              adapter_config_text(adapters.options(), base_model));
}

}  // namespace retrace::model
