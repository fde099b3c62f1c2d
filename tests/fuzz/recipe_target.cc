#include <string>
#include <vector>

#include "core/error.h"
#include "rl/run_config.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

namespace {

// A first line "--set KEY=VALUE" is an override, as on the command line.
std::vector<std::string> take_overrides(std::string_view& bytes) {
  constexpr std::string_view kPrefix = "--set ";
  std::vector<std::string> overrides;
  while (bytes.starts_with(kPrefix)) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    overrides.emplace_back(bytes.substr(kPrefix.size(), end - kPrefix.size()));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return overrides;
}

}  // namespace

void read_recipe(std::string_view bytes) {
  static const ScratchFolder folder;
  const std::vector<std::string> overrides = take_overrides(bytes);
  const std::filesystem::path file = folder.write("recipe.yaml", bytes);
  expect_user_errors([&] {
    const rl::RunConfig config = rl::read_run_config(file, overrides);
    rl::validate_for_ranks(config, 2);
    // What was resolved is a recipe of its own, with the same meaning.
    const std::filesystem::path resolved = folder.write("resolved.yaml", config.resolved_yaml);
    RETRACE_CHECK(rl::read_run_config(resolved, {}).resolved_yaml == config.resolved_yaml,
                  "the resolved recipe resolves to another one");
  });
}

}  // namespace retrace::fuzz
