// Demonstrations of reverse thinking: the thought says what was seen in the other direction, then
// turns to the direction asked for, then answers.
//
// The idea is Ego-ST's (arXiv 2503.12542); the wording is our own, and the words fit all pairs of
// task and direction, which those of the released files do not (data/egost_labels.h).
#pragma once

#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

enum class ThoughtForm {
  kFile,     // as the file has it
  kReverse,  // the other direction's annotation, word for word, and the letter
  // Step by step and without the letter, told so that its words do not point at the right option
  // (data/open_steps.h).
  kReverseOpen,
  kAnswerOnly,  // "<answer>C</answer>", without a thought
};

// What becomes of a sample that a reverse form cannot be made for.
enum class ThoughtFallback { kStop, kAnswerOnly };

// The demonstration in this form. All but kAnswerOnly and kFile follow the strict form of
// reward/answer_parser.h. An open question ends with its annotated answer, and both reverse forms
// are the same there. Throws DataError naming the sample where a reverse form lacks `opposite`,
// task or direction, where there is no answer, and where one of the texts holds a tag.
std::string solution_in_form(const Sample& sample, ThoughtForm form);

// Sets every solution. kStop: throws what solution_in_form throws. kAnswerOnly: samples without
// opposite, task or direction get that form. Returns how many did.
size_t set_solutions(std::vector<Sample>& samples, ThoughtForm form, ThoughtFallback fallback);

}  // namespace retrace::data
