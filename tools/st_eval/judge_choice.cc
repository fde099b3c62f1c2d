#include "tools/st_eval/judge_choice.h"

#include "rl/judge_factory.h"
#include "rl/run_config.h"

namespace retrace::st_eval {

std::unique_ptr<reward::Judge> make_judge(const std::string& backend,
                                          const std::filesystem::path& recipe,
                                          const std::vector<std::string>& overrides) {
  if (backend == "none") return nullptr;
  std::vector<std::string> settings;
  for (const std::string& setting : overrides) {
    if (!recipe.empty() || setting.starts_with("judge.")) settings.push_back(setting);
  }
  settings.push_back("judge.backend=" + backend);
  if (!recipe.empty()) return rl::make_judge(rl::read_run_config(recipe, settings).judge);
  core::ConfigNode root = core::ConfigNode::from_string("{}", "--set", settings);
  rl::JudgeSection section;
  rl::read_judge(root, section);
  root.finish();
  return rl::make_judge(section);
}

}  // namespace retrace::st_eval
