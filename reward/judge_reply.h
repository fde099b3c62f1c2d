// The form in which a language model must answer as a judge, and nothing else:
//   {"direction": 0..5, "landmark": 0..5, "semantics": 0..5}
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reward/judge.h"

namespace retrace::reward {

// As a JSON schema, for servers that can hold a model to one.
std::string judge_reply_schema();

// nullopt unless the text, white space around it left out, is one JSON object with exactly the
// three keys, each once, and integers from 0 to 5 ("5", 4.0 and true are none). One Markdown code
// fence around it is left out, which models without a schema like to add.
std::optional<JudgeVerdict> parse_judge_reply(std::string_view text);

}  // namespace retrace::reward
