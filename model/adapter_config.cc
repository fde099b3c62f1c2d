#include "model/adapter_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "model/json_reader.h"
#include "model/module_pattern.h"

namespace retrace::model {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int64_t kMaxRank = 1 << 16;

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

}  // namespace

LoraOptions read_adapter_options(const fs::path& folder) {
  const fs::path file = folder / kAdapterConfigFile;
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

std::string adapter_base(const fs::path& folder) {
  const fs::path file = folder / kAdapterConfigFile;
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  return JsonObject(parsed, file.string()).string_or("base_model_name_or_path", "");
}

std::string adapter_config_text(const LoraOptions& options, const std::string& base_model) {
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

}  // namespace retrace::model
