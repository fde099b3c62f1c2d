// What options and thoughts say of a route, as sequences that can be compared and inverted: turns
// in questions about directions, steps (landmarks or actions) in the others.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"

namespace retrace::reward {

// Items of a list in words: separated by commas, semicolons, line ends, periods, arrows or "then";
// numbering, quotes and brackets are dropped, letters lowered. At most `max_steps`.
std::vector<std::string> split_steps(std::string_view text, size_t max_steps = 256);

// Length of the longest common subsequence. Time a.size() * b.size().
template <class T>
size_t lcs_length(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const T& item : a) {
    size_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = item == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row[b.size()];
}

using Events = std::vector<int>;  // a turn, or the number of a step

class OptionEvents {
 public:
  explicit OptionEvents(const data::Sample& sample);

  size_t num_options() const { return options_.size(); }
  const Events& of_option(size_t option) const { return options_[option]; }
  // What a text states, in order, at most kMaxEvents: turns, or those steps that are in an option,
  // word for word. Linear in the text.
  Events in_text(std::string_view text) const;
  // The way back: the order reversed; left and right, up and down swapped.
  Events inverse(const Events& events) const;

  static constexpr size_t kMaxEvents = 256;

 private:
  Events steps_in(const std::vector<std::string>& text_words) const;

  bool has_turns_ = false;
  std::vector<std::vector<std::string>> steps_;  // words of each distinct step
  std::vector<Events> options_;
};

}  // namespace retrace::reward
