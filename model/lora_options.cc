#include "model/lora_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/module_pattern.h"

namespace retrace::model {
namespace {

constexpr std::string_view kAllLinear = "all-linear";
constexpr std::string_view kWeightSuffix = ".weight";

std::string module_path(const ParameterSpec& spec) {
  return spec.nested_name.substr(0, spec.nested_name.rfind('.'));
}

// "model.language_model.layers.N.mlp.up_proj": one line for the layers of a stack.
std::string with_numbers_hidden(const std::string& path) {
  std::string result;
  bool at_start = true;
  for (size_t i = 0; i < path.size(); ++i) {
    const size_t end = std::min(path.find('.', i), path.size());
    const bool is_number = at_start &&
                           end < path.size() &&  // a last component is a name ("merger.mlp.0")
                           std::all_of(path.begin() + i, path.begin() + end,
                                       [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) {
      result += 'N';
      i = end;
      result += '.';
      continue;
    }
    at_start = path[i] == '.';
    result += path[i];
  }
  return result;
}

std::string available_modules(const std::vector<ParameterSpec>& specs) {
  std::set<std::string> available;
  for (const ParameterSpec& spec : specs) {
    const std::string module = adaptable_module(spec);
    if (!module.empty()) available.insert(with_numbers_hidden(module));
  }
  return fmt::format("{}", fmt::join(available, ", "));
}

[[noreturn]] void fail_unmatched(const std::string& pattern,
                                 const std::vector<ParameterSpec>& specs) {
  core::throw_<core::ConfigError>(
      "LoRA target_modules: '{}' matches no linear layer that is not excluded; there are {}",
      core::one_line(pattern), available_modules(specs));
}

bool is_module(const ParameterSpec& spec) {
  return spec.name.ends_with(kWeightSuffix);
}

std::vector<ModulePattern> compile_targets(const std::vector<std::string>& texts) {
  std::vector<ModulePattern> patterns;
  for (const std::string& text : texts) {
    if (text != kAllLinear) patterns.emplace_back(text);
  }
  return patterns;
}

// An entry that takes nothing out is a mistake: what it was to keep frozen would train.
std::vector<ModulePattern> compile_excluded(const std::vector<std::string>& texts,
                                            const std::vector<ParameterSpec>& specs) {
  std::vector<ModulePattern> patterns;
  for (const std::string& text : texts) {
    const ModulePattern& pattern = patterns.emplace_back(text);
    const bool matches_any = std::any_of(specs.begin(), specs.end(), [&](const auto& spec) {
      return is_module(spec) && pattern.matches(module_path(spec));
    });
    if (matches_any) continue;
    core::throw_<core::ConfigError>(
        "LoRA exclude_modules: '{}' matches no layer; a name stands for layers whose path ends "
        "with it, an expression for whole paths ('model\\.visual\\..*'); there are {}",
        core::one_line(text), available_modules(specs));
  }
  return patterns;
}

}  // namespace

double LoraOptions::scaling() const {
  const auto r = static_cast<double>(rank);
  return use_rslora ? alpha / std::sqrt(r) : alpha / r;
}

std::string adaptable_module(const ParameterSpec& spec) {
  return spec.is_linear ? module_path(spec) : "";
}

std::vector<size_t> match_modules(const std::vector<ParameterSpec>& specs,
                                  const LoraOptions& options) {
  const bool all_linear = std::find(options.target_modules.begin(), options.target_modules.end(),
                                    kAllLinear) != options.target_modules.end();
  const std::vector<ModulePattern> targets = compile_targets(options.target_modules);
  const std::vector<ModulePattern> excluded = compile_excluded(options.exclude_modules, specs);
  std::vector<bool> used(targets.size(), false);
  std::vector<size_t> matched;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!is_module(specs[i])) continue;
    const std::string path = module_path(specs[i]);
    const auto matches = [&](const ModulePattern& pattern) { return pattern.matches(path); };
    if (std::any_of(excluded.begin(), excluded.end(), matches)) continue;
    const bool adaptable = !adaptable_module(specs[i]).empty();
    bool wanted = all_linear && adaptable;
    for (size_t t = 0; t < targets.size(); ++t) {
      if (!matches(targets[t])) continue;
      if (!adaptable) {
        core::throw_<core::ConfigError>(
            "LoRA target_modules: '{}' matches '{}', which is no linear layer that can have an "
            "adapter; narrow the pattern, or put it into exclude_modules",
            core::one_line(targets[t].text()), path);
      }
      used[t] = wanted = true;
    }
    if (wanted) matched.push_back(i);
  }
  for (size_t t = 0; t < targets.size(); ++t) {
    if (!used[t]) fail_unmatched(targets[t].text(), specs);
  }
  if (matched.empty()) fail_unmatched(std::string(kAllLinear), specs);
  return matched;
}

}  // namespace retrace::model
