// Strict tag grammar of a completion: optional white space, <think>...</think>, white space,
// <answer>...</answer>, white space, end; each tag exactly once. The texts between the tags may be
// empty; tags are lower case; white space is ASCII white space. Every function here is linear in
// the length of its text.
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

// The answer as one letter A-Z: exactly one capital letter, optionally followed by a period.
// nullopt otherwise, and so for white space around it, which parse_strict has trimmed.
std::optional<char> answer_letter(std::string_view answer);

// The trimmed text inside the only <answer> pair of a text that need not follow the grammar
// otherwise; nullopt if there is no such pair or more than one.
std::optional<std::string> extract_answer(std::string_view completion);

// The letter inside the only <answer> pair of a text that need not follow the grammar otherwise;
// nullopt if there is no such pair, more than one, or no letter in it. Evaluation uses this, so
// that a model without the thought format is scored on its answers.
std::optional<char> extract_letter(std::string_view completion);

}  // namespace retrace::reward
