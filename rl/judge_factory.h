// The judge that a recipe's section asks for.
#pragma once

#include <memory>

#include "reward/judge.h"
#include "rl/judge_section.h"
#include "rl/reward_section.h"

namespace retrace::rl {

// Throws what the constructors of the judges throw. The caller keeps it as long as anything that
// judges; one judge serves all threads of a process.
std::unique_ptr<reward::Judge> make_judge(const JudgeSection& section);

// Null where none of the rewards asks a judge.
std::unique_ptr<reward::Judge> make_judge_if_needed(const JudgeSection& section,
                                                    const RewardSection& reward);

}  // namespace retrace::rl
