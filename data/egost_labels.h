// What an Ego-ST training record is about, told from its demonstration.
//
// The question's own words cannot be trusted: the 80 questions about actions on the way there carry
// the words of the landmark questions. The demonstration's first sentence says "thinking reverse"
// in forward questions and "thinking forward" in reverse ones, names actions where options are
// actions, and quotes the annotation of the other direction, as a Python list in forward questions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct EgoStLabels {
  Task task = Task::kUnknown;
  TravelDirection direction = TravelDirection::kUnknown;
  std::string opposite;  // steps separated by ", "
};

// nullopt unless the demonstration has the form of the Ego-ST training files. `question` only
// decides between directions and landmarks where the demonstration calls both landmarks (all 143
// forward questions about directions do).
std::optional<EgoStLabels> labels_of_demonstration(std::string_view question,
                                                   std::string_view solution);

// The strings of a Python list of strings, either kind of quote, backslash escapes; nullopt for
// anything else.
std::optional<std::vector<std::string>> parse_python_list(std::string_view text);

// "adt", "aea", "nymeria", "sun3d" or "outdoor" (files named by a number: HUJI, DoMSEV and the
// authors' own); "" for other names.
std::string_view source_of_video(std::string_view file_name);

}  // namespace retrace::data
