// Which option a completion chooses: a strict rule first, then named fall-backs, each counted by
// itself in the report. Prose is never searched for any capital letter.
//
// Where the answer is looked for (its region): inside the only <answer> pair; without such tags
// after the last </think>; without think tags everywhere. A thought that was begun and not ended
// has no answer, nor has a text with several <answer> pairs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::st_eval {

// Tried in this order.
enum class LetterRule {
  kTag,         // "<answer>B</answer>", "<answer>B.</answer>": reward::extract_letter
  kPhrase,      // "the answer is C", "Answer: C", "option C is right"; not "C or D"
  kBracketed,   // "(C)"
  kLoneLetter,  // a line that is "C", "C." or ends in ": C", or starts with "C. " or "C) "
  kOptionText,  // the whole text of exactly one option
  kNone         // unanswered: no rule found a letter, or the first that did found several
};
inline constexpr int kNumLetterRules = 6;
// "tag", "phrase", "bracketed", "lone_letter", "option_text", "none".
std::string_view to_string(LetterRule rule);

struct LetterChoice {
  std::optional<char> letter;  // 'A' + index of the option
  LetterRule rule = LetterRule::kNone;
};

// `options` are texts without letters, A first; empty: unknown, then letters A to H count. A letter
// beyond the options is no choice.
LetterChoice choose_letter(std::string_view completion, const std::vector<std::string>& options);

// What is judged of an open answer: the region above, trimmed. Empty: unanswered.
std::string answer_text(std::string_view completion);

}  // namespace retrace::st_eval
