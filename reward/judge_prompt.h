// What a language model is told when it judges a route description.
#pragma once

#include <string>
#include <string_view>

#include "reward/judge.h"

namespace retrace::reward {

// The default template: rubric, the texts between marks, the form of the answer.
std::string_view default_judge_prompt();

// Throws ConfigError unless {reference} and {prediction} stand in the template exactly once, and
// {question} and {direction} at most once; other braces are plain text.
void check_judge_prompt(std::string_view prompt_template);

// The template with its places filled, in one pass: braces in the texts are left alone, "BEGINS]"
// and "ENDS]" end with a round bracket. Of a text longer than 32 KiB the beginning is given.
std::string fill_judge_prompt(std::string_view prompt_template, const JudgeRequest& request);

}  // namespace retrace::reward
