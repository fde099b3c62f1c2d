// Completions that answer nothing and try to be rewarded all the same.
#pragma once

#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::reward_lab {

struct HackString {
  std::string name;  // "answer_only"
  std::string text;
};

// The same names, in the same order, for every question. None looks at the right answer.
std::vector<HackString> hack_strings(const data::Sample& sample);

}  // namespace retrace::reward_lab
