// The recipe's judge: who scores route descriptions.
#pragma once

#include <memory>

#include "core/config_node.h"
#include "reward/http_judge.h"
#include "reward/judge.h"
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

// Throws what the constructors of the judges throw. The caller keeps it as long as anything that
// judges; one judge serves all threads of a process.
std::unique_ptr<reward::Judge> make_judge(const JudgeSection& section);

}  // namespace retrace::rl
