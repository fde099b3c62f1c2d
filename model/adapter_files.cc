#include "model/adapter_files.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "model/json_reader.h"
#include "model/module_pattern.h"
#include "model/parameter_specs.h"
#include "model/safetensors.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using core::throw_;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "adapter_config.json";
constexpr std::string_view kTensorFile = "adapter_model.safetensors";
constexpr std::string_view kPrefix = "base_model.model.";
constexpr std::string_view kSuffixA = ".lora_A.weight", kSuffixB = ".lora_B.weight";
constexpr int64_t kMaxRank = 1 << 16;

// ------------------------------------------------------------------------------------------------
// adapter_config.json
// ------------------------------------------------------------------------------------------------

// Keys whose every value but "off" makes another kind of adapter.
constexpr std::array<std::string_view, 21> kMustBeOff = {
    "use_dora",          "use_qalora",
    "use_bdlora",        "lora_bias",
    "fan_in_fan_out",    "modules_to_save",
    "rank_pattern",      "alpha_pattern",
    "layers_pattern",    "layers_to_transform",
    "target_parameters", "trainable_token_indices",
    "layer_replication", "alora_invocation_tokens",
    "arrow_config",      "corda_config",
    "eva_config",        "kasa_config",
    "lora_ga_config",    "monteclora_config",
    "velora_config"};

bool is_off(const json& value) {
  return value.is_null() || value == json(false) ||
         ((value.is_object() || value.is_array()) && value.empty());
}

void require_plain_lora(const JsonObject& config) {
  if (config.string("peft_type") != "LORA") config.fail("peft_type", "\"LORA\"");
  for (const std::string_view key : kMustBeOff) {
    const json* value = config.find(key);
    if (value != nullptr && !is_off(*value)) {
      config.fail(key,
                  "null, false or empty, as in plain LoRA; merge the adapter with PEFT instead");
    }
  }
  if (config.string_or("bias", "none") != "none") config.fail("bias", "\"none\"");
  const json* start = config.find("init_lora_weights");
  const bool keeps_base = start == nullptr || start->is_boolean() || *start == "gaussian" ||
                          *start == "eva" || *start == "orthogonal";
  if (!keeps_base) {
    config.fail("init_lora_weights", "a start that leaves the base weights as they are");
  }
}

// A string or a list of strings.
std::vector<std::string> read_patterns(const JsonObject& config, std::string_view key) {
  const json* value = config.find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->get<std::string>()};
  std::vector<std::string> patterns;
  if (!value->is_array()) config.fail(key, "a string or a list of strings");
  for (const json& item : *value) {
    if (!item.is_string()) config.fail(key, "a string or a list of strings");
    patterns.push_back(item.get<std::string>());
  }
  std::sort(patterns.begin(), patterns.end());  // PEFT writes them in the order of a hash table
  return patterns;
}

LoraOptions read_options(const fs::path& file) {
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  const JsonObject config(parsed, file.string());
  require_plain_lora(config);
  LoraOptions options;
  options.rank = config.integer("r", 1, kMaxRank);
  options.alpha = config.number("lora_alpha", -1e9, 1e9);
  options.dropout = config.number_or("lora_dropout", 0, 0, 1);
  if (options.dropout >= 1) config.fail("lora_dropout", "a number in [0, 1)");
  options.use_rslora = config.boolean_or("use_rslora", false);
  options.target_modules = read_patterns(config, "target_modules");
  options.exclude_modules = read_patterns(config, "exclude_modules");
  return options;
}

// PEFT takes a list of names or one regular expression for the whole path.
json patterns_json(const std::vector<std::string>& patterns) {
  const auto is_plain = [](const std::string& text) {
    return text != "all-linear" && ModulePattern(text).is_plain();
  };
  if (patterns.empty()) return nullptr;
  if (std::all_of(patterns.begin(), patterns.end(), is_plain)) return patterns;
  if (std::find(patterns.begin(), patterns.end(), "all-linear") != patterns.end()) {
    return "all-linear";
  }
  if (patterns.size() == 1) return patterns[0];
  std::vector<std::string> alternatives;
  for (const std::string& text : patterns) {
    std::string expression = text;
    if (is_plain(text)) {
      expression = "(?:.*\\.)?";
      for (const char c : text) expression += c == '.' ? "\\." : std::string(1, c);
    }
    alternatives.push_back("(?:" + expression + ")");
  }
  return fmt::format("{}", fmt::join(alternatives, "|"));
}

json number_json(double value) {
  return value == std::floor(value) ? json(static_cast<int64_t>(value)) : json(value);
}

std::string config_text(const LoraOptions& options, const std::string& base_model) {
  const nlohmann::ordered_json config = {
      {"peft_type", "LORA"},
      {"task_type", "CAUSAL_LM"},
      {"base_model_name_or_path", base_model},
      {"r", options.rank},
      {"lora_alpha", number_json(options.alpha)},
      {"lora_dropout", options.dropout},
      {"use_rslora", options.use_rslora},
      {"target_modules", patterns_json(options.target_modules)},
      {"exclude_modules", patterns_json(options.exclude_modules)},
      {"bias", "none"},
      {"fan_in_fan_out", false},
      {"use_dora", false},
      {"modules_to_save", nullptr},
      {"rank_pattern", json::object()},
      {"alpha_pattern", json::object()},
      {"init_lora_weights", true},
      {"inference_mode", true}};
  return config.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// ------------------------------------------------------------------------------------------------
// adapter_model.safetensors
// ------------------------------------------------------------------------------------------------

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
  std::error_code error;
  return fs::exists(folder / kConfigFile, error);
}

Adapters load_adapters(const fs::path& folder, const Weights& weights) {
  const at::NoGradGuard no_grad;
  LoraOptions options = read_options(folder / kConfigFile);
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
  core::write_file_atomically(folder / kConfigFile, config_text(adapters.options(), base_model));
}

}  // namespace retrace::model
