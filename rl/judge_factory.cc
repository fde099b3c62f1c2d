#include "rl/judge_factory.h"

#include "core/error.h"
#include "reward/http_judge.h"
#include "reward/rules_judge.h"
#include "rl/local_judge.h"
#include "rl/recipe_key.h"

namespace retrace::rl {

std::unique_ptr<reward::Judge> make_judge(const JudgeSection& section) {
  switch (section.backend) {
    case JudgeBackend::kRules:
      return std::make_unique<reward::RulesJudge>();
    case JudgeBackend::kHttp:
      return std::make_unique<reward::HttpJudge>(section.http);
    case JudgeBackend::kLocal:
      return under_key("judge.path", [&] { return std::make_unique<LocalJudge>(section.local); });
  }
  core::throw_<core::InternalError>("judge backend {}: not a backend",
                                    static_cast<int>(section.backend));
}

std::unique_ptr<reward::Judge> make_judge_if_needed(const JudgeSection& section,
                                                    const RewardSection& reward) {
  return needs_judge(reward) ? make_judge(section) : nullptr;
}

}  // namespace retrace::rl
