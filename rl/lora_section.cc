#include "rl/lora_section.h"

#include <cmath>

#include "core/error.h"
#include "model/module_pattern.h"

namespace retrace::rl {
namespace {

constexpr int64_t kMaxRank = 1 << 16;

void check_patterns(const core::ConfigNode& node, std::string_view key,
                    const std::vector<std::string>& patterns) {
  for (const std::string& text : patterns) {
    try {
      static_cast<void>(model::ModulePattern(text));
    } catch (const core::ConfigError& error) {
      node.fail(key, error.what());
    }
  }
}

// The adapters that `path` names have their own options.
void require_defaults(const core::ConfigNode& node, const model::LoraOptions& options) {
  const model::LoraOptions defaults;
  const auto require = [&](bool is_default, std::string_view key) {
    if (!is_default)
      node.fail(key, "must be left out when path is given, the adapters there have it");
  };
  require(options.rank == defaults.rank, "rank");
  require(options.alpha == defaults.alpha, "alpha");
  require(options.use_rslora == defaults.use_rslora, "use_rslora");
  require(options.target_modules == defaults.target_modules, "target_modules");
  require(options.exclude_modules == defaults.exclude_modules, "exclude_modules");
}

}  // namespace

void read_lora(core::ConfigNode& model, LoraSection& lora) {
  core::ConfigNode node = model.section("lora");
  model::LoraOptions& options = lora.options;
  node.read("rank", options.rank);
  node.read("alpha", options.alpha);
  node.read("dropout", options.dropout);
  node.read("use_rslora", options.use_rslora);
  node.read("target_modules", options.target_modules);
  node.read("exclude_modules", options.exclude_modules);
  node.read("path", lora.path);
  node.require(options.rank >= 0 && options.rank <= kMaxRank, "rank",
               "must be 0 (no adapters) or more, and at most 65536", options.rank);
  node.require(options.alpha > 0 && options.alpha <= 1e9, "alpha", "must be in (0, 1e9]",
               options.alpha);
  node.require(options.dropout >= 0 && options.dropout < 1, "dropout", "must be in [0, 1)",
               options.dropout);
  if (options.target_modules.empty())
    node.fail("target_modules", "must name at least one module, or all-linear; is empty");
  check_patterns(node, "target_modules", options.target_modules);
  check_patterns(node, "exclude_modules", options.exclude_modules);
  if (!lora.path.empty()) require_defaults(node, options);
  node.finish();
}

}  // namespace retrace::rl
