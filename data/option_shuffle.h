// The same question with its options in another order.
#pragma once

#include <span>

#include "core/random.h"
#include "data/sample.h"

namespace retrace::data {

// `order`[i] is the old position of the option that becomes number i. Options, problem, answer and
// the letters in the solution (data/option_mentions.h) change together. Throws DataError naming the
// sample when `problem` does not hold its options or a letter in the thought is unclear, which
// would become wrong without notice.
Sample with_option_order(const Sample& sample, std::span<const size_t> order);

// A random order, uniform. A sample with fewer than two options is returned as it is; so is an open
// question.
Sample with_shuffled_options(const Sample& sample, core::RandomSequence& random);

}  // namespace retrace::data
