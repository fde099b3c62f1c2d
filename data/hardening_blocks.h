// Questions dealt into blocks that share their right answers as options; see hardening.h.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

// For each question the indices of the other `block_size` - 1 of its block, or nothing for
// questions left over and for open ones (answers[i] is ""). A block has one task, direction and
// source, different videos, and answers that differ in words; it takes the next questions by answer
// length that fit.
std::vector<std::vector<size_t>> answer_blocks(const std::vector<Sample>& samples,
                                               const std::vector<std::string>& answers,
                                               size_t block_size);

}  // namespace retrace::data
