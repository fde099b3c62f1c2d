// The released Ego-ST training questions, for tests.
#pragma once

#include <optional>
#include <vector>

#include "data/sample.h"

namespace retrace::test {

inline constexpr const char* kNoReleasedQuestions =
    "RETRACE_EGOST_DATA does not name the folder of total_test_mcq_630.jsonl";

// nullopt: the environment variable RETRACE_EGOST_DATA is not set.
std::optional<std::vector<data::Sample>> released_questions();

}  // namespace retrace::test
