// Strict tag grammar of a completion: optional white space, <think>...</think>, white space, <answer>...</answer>,
// white space, end; each tag exactly once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retrace::reward {

struct ParsedCompletion {
  std::string think;   // text between the think tags
  std::string answer;  // text between the answer tags, trimmed
};

// nullopt unless the whole text follows the grammar.
std::optional<ParsedCompletion> parse_strict(std::string_view completion);

// The answer as one letter A-Z: exactly one capital letter, optionally followed by a period. nullopt otherwise.
std::optional<char> answer_letter(std::string_view answer);

// The letter inside the only <answer> pair of a text that need not follow the grammar otherwise; nullopt if there is
// no such pair, more than one, or no letter in it. Evaluation uses this, so that a model without the thought format
// is scored on its answers.
std::optional<char> extract_letter(std::string_view completion);

}  // namespace retrace::reward
