// A route told in steps that do not point at the right option.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

// A step that is left out.
inline constexpr std::string_view kLeftOut = "...";

// Whether the right option overlaps more with `text` (Jaccard index of the sets of words) than
// every other option: a reader who has not seen the video finds the answer. False for open
// questions and for a single option.
bool gives_answer_away(const Sample& sample, std::string_view text);

// The annotation of the other direction, one text a step, so that its words together do not give
// the answer away. Tried in this order, each only as far as the one before is not enough:
//   1. moves and acts are said in other words, the same everywhere (data/step_wording.h);
//   2. things are called "something";
//   3. steps are left out.
// At every stage what helps most comes first, and in the end all that turns out not to be needed is
// taken back. So a step is left out only if its words, in whatever wording there is, would give the
// answer away. Steps that give nothing away stay word for word, but for lone capitals, which could
// be taken for an option's letter, and a "then" or "and" at the start.
std::vector<std::string> open_steps(const Sample& sample);

}  // namespace retrace::data
