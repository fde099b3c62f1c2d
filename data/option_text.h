// The options inside a question's text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::data {

// Views into the text they were found in.
struct ProblemParts {
  std::string_view question;              // before "Options:", without white space around
  std::vector<std::string_view> options;  // [1..26] without letters, A first
  std::string_view instruction;           // after the options, from "Instructions:"; may be empty
};

// Finds "Options: A. turn left, then right, B. ..." or one option a line, and what follows after an
// empty line. An option starts where the next letter in order follows a comma or a line end, so
// that commas and capitals inside options stay where they are. nullopt: no "Options:" with an
// option A.
std::optional<ProblemParts> split_problem(std::string_view problem);

// The same text with other options in the same places. As many as it had.
std::string with_options(std::string_view problem, std::span<const std::string> options);

// The text where "A, B, C or D", of whatever number of letters, names the first `num_options` ones:
// "A, B or C", "A or B", "A".
std::string with_letter_list(std::string_view text, size_t num_options);

// Without what tells an option's author: white space around and doubled, a closing period or comma,
// a capital at the start of the option ("Turn left." -> "turn left"). Other capitals stay: names,
// and abbreviations ("TV").
std::string normalised_option(std::string_view option);

// Lower-case words (runs of ASCII letters, digits and bytes above 127).
std::vector<std::string> words_of(std::string_view text);

// The letter of an answer given as "C", "C.", "C. turn left" or as the text of an option. nullopt:
// none of these, or a letter beyond the options.
std::optional<char> letter_of_answer(std::string_view answer, std::span<const std::string> options);

inline char option_letter(size_t index) {
  return static_cast<char>('A' + index);
}

}  // namespace retrace::data
