// The same question with its options in another order.
#pragma once

#include <span>

#include "core/random.h"
#include "data/sample.h"

namespace retrace::data {

// `order`[i] is the old position of the option that becomes number i. Options, problem, answer and
// solution change together. In the solution a letter is one of the options' where it stands alone
// (no letter or digit beside it) and is inside <answer>, after "answer is ", or before ':' as in
// "B: no."; all others are words. Throws DataError naming the sample when `problem` does not hold
// its options or another lone letter of an option stands in the thought, which would become wrong
// without notice ("A" before a lower-case word is an article, and stays).
Sample with_option_order(const Sample& sample, std::span<const size_t> order);

// A random order, uniform. A sample with fewer than two options is returned as it is; so is an open
// question.
Sample with_shuffled_options(const Sample& sample, core::RandomSequence& random);

}  // namespace retrace::data
