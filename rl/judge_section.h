// The recipe's judge: who scores route descriptions.
#pragma once

#include "core/config_node.h"
#include "reward/http_judge_options.h"
#include "rl/local_judge.h"

namespace retrace::rl {

enum class JudgeBackend {
  kRules,  // reward/rules_judge.h
  kHttp,   // reward/http_judge.h
  kLocal,  // rl/local_judge.h
};

struct JudgeSection {
  JudgeBackend backend = JudgeBackend::kRules;
  reward::HttpJudgeOptions http;
  LocalJudgeOptions local;
};

// Reads section "judge" of the recipe. Throws ConfigError. Looks at no environment variable, so a
// recipe can be checked without the key.
void read_judge(core::ConfigNode root, JudgeSection& judge);

}  // namespace retrace::rl
