// Questions of Ego-ST that do not ask what their options answer.
#pragma once

#include "data/sample.h"

namespace retrace::data {

// Mended in `question` and `problem`, everything else is left:
// - a question about actions on the way there that names landmarks (all 80 released ones) asks for
//   actions, in the words of the questions about the way back;
// - a first sentence that stands there twice stands there once;
// - a sentence end and the next sentence have a space between them.
// true: something changed.
bool repair_question(Sample& sample);

}  // namespace retrace::data
