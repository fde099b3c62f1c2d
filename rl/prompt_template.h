// The user text of a prompt, from a sample's parts.
#pragma once

#include <string>
#include <string_view>

#include "data/sample.h"

namespace retrace::rl {

// A template holds {problem} once, or {question} once and with it {options} ("A. left, B. right")
// or {option_lines} (the same, one a line) once. Throws ConfigError that starts with `key`.
void check_template(std::string_view text_template, std::string_view key);

// The template with its places filled, in one pass: braces in the texts are left alone. An open
// question's options are "". Throws DataError where the template asks for {question} and the sample
// does not have it apart from its options.
std::string fill_template(std::string_view text_template, const data::Sample& sample);

}  // namespace retrace::rl
