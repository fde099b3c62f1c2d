#include "data/giveaway.h"

#include <algorithm>
#include <string>

#include "data/jaccard.h"
#include "data/option_features.h"
#include "data/option_text.h"

namespace retrace::data {
namespace {

using Words = std::vector<std::string>;  // in order, repeated as often as they occur

Words sorted_words(std::string_view text) {
  Words words = words_of(text);
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace

GiveawayByKind giveaway(const std::vector<Sample>& samples) {
  GiveawayByKind result;
  for (const Sample& sample : samples) {
    if (sample.opposite.empty() || sample.options.empty()) continue;
    const TextQuestion question = text_questions({sample}).front();
    const Words annotation = sorted_words(sample.opposite);
    std::vector<double> overlaps;
    for (const OptionText& option : question.options)
      overlaps.push_back(jaccard(annotation, sorted_words(option.text)));
    const auto best = std::max_element(overlaps.begin(), overlaps.end());
    const bool nearest = static_cast<size_t>(best - overlaps.begin()) == question.answer;
    Giveaway& kind = result[{sample.task, sample.direction}];
    ++kind.num_questions;
    kind.num_nearest += nearest ? 1 : 0;
    kind.num_tied += nearest && std::count(best, overlaps.end(), *best) > 1 ? 1 : 0;
    kind.num_equal +=
        words_of(sample.opposite) == words_of(sample.options[question.answer]) ? 1 : 0;
  }
  return result;
}

}  // namespace retrace::data
