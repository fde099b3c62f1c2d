#include "data/option_shuffle.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "data/option_mentions.h"
#include "data/option_text.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

std::string remap_letters(const Sample& sample, std::span<const size_t> new_position) {
  std::string text = sample.solution;
  for (const OptionMention& mention : option_mentions(sample.solution, new_position.size())) {
    char& letter = text[mention.at];
    if (mention.kind == MentionKind::kUnclear) {
      core::throw_<core::DataError>(
          "sample {}: field 'solution': cannot follow a new order of the options: the letter {} at "
          "character {} may or may not mean an option; expected letters only in <answer>, after "
          "'answer is ' and before ':'",
          sample.index, letter, mention.at + 1);
    }
    letter = option_letter(new_position[static_cast<size_t>(letter - 'A')]);
  }
  return text;
}

}  // namespace

Sample with_option_order(const Sample& sample, std::span<const size_t> order) {
  RETRACE_CHECK(order.size() == sample.options.size(), "{} positions, {} options", order.size(),
                sample.options.size());
  const std::optional<ProblemParts> parts = split_problem(sample.problem);
  if (!parts || !std::equal(parts->options.begin(), parts->options.end(), sample.options.begin(),
                            sample.options.end())) {
    core::throw_<core::DataError>(
        "sample {}: field 'problem': expected its {} options after 'Options:', to put them in "
        "another order",
        sample.index, sample.options.size());
  }
  Sample result = sample;
  std::vector<size_t> new_position(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    result.options[i] = sample.options[order[i]];
    new_position[order[i]] = i;
  }
  result.problem = with_options(sample.problem, result.options);
  result.solution = remap_letters(sample, new_position);
  if (const std::optional<size_t> answer = right_index(sample))
    result.answer = option_letter(new_position[*answer]);
  return result;
}

Sample with_shuffled_options(const Sample& sample, core::RandomSequence& random) {
  if (sample.options.size() < 2) return sample;
  std::vector<size_t> order(sample.options.size());
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  return with_option_order(sample, order);
}

}  // namespace retrace::data
