// The demonstration that stands before an answer. The idea that all but kDirect share: to answer in
// one direction, first say the route in the other one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/egoworld/question.h"

namespace retrace::egoworld {

// For a forward question whose answer is C; for a reverse question the two ways change places. An
// open question has no options to check: the styles that do are kDerive there.
enum class ThoughtStyle {
  kDirect,     // ""
  kRecall,     // "On the way back: right, straight, left."
  kDerive,     // kRecall + " So on the way there: right, straight, left."
  kCheck,      // kDerive + " A: no. B: no. C: yes."
  kCopyCheck,  // kDerive + " A right, left, left: no. B ...: no. C right, straight, left: yes."
  kPairCheck,  // kDerive + " A right left: no. ... C right right, straight straight, left left:
               // yes."
};
inline constexpr int kNumThoughtStyles = 6;

// How the options are gone through, where a thought does that.
enum class CheckStyle {
  kNone,   // ""
  kPlain,  // "A: no. B: no. C: yes."
  kCopy,   // "A right, left, left: no. B ...: no. C right, straight, left: yes."
  // Word by word, the true one beside the option's, up to the first that differs. A small model
  // learns this check fast: each decision compares two words that stand next to each other.
  kPair,  // "A right left: no. ... C right right, straight straight, left left: yes."
};
inline constexpr int kNumCheckStyles = 4;

std::string_view to_string(
    ThoughtStyle style);  // "direct", "recall", "derive", "check", "copy_check", "pair_check"
std::string_view to_string(CheckStyle style);  // "none", "plain", "copy", "pair"

std::string thought_text(const Question& question, ThoughtStyle style);
// Option by option up to the right one.
std::string check_text(const std::vector<WordSequence>& options, int answer, CheckStyle style);
// "<think>...</think> <answer>C</answer>"
std::string solution_text(std::string_view thought, int answer);
std::string solution_text(std::string_view thought, std::string_view answer);

// Weights by style: "recall:0.7,check:0.3". Throw ConfigError for bad weights (parse_named_weights)
// and for unknown names, naming the known ones.
std::vector<double> parse_thought_weights(std::string_view text,
                                          std::string_view option);  // [kNumThoughtStyles]
std::vector<double> parse_check_weights(std::string_view text,
                                        std::string_view option);  // [kNumCheckStyles]

}  // namespace retrace::egoworld
