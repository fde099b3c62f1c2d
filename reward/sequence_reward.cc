#include "reward/sequence_reward.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "reward/answer_parser.h"
#include "reward/route_events.h"

namespace retrace::reward {
namespace {

constexpr size_t kMaxSteps = 256;

// Number of pairs i < j with values[i] > values[j], and sorts them: merge sort.
size_t count_inversions(std::vector<size_t>& values) {
  if (values.size() < 2) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::vector<size_t> left(values.begin(), middle), right(middle, values.end());
  size_t count = count_inversions(left) + count_inversions(right);
  for (size_t i = 0, j = 0, k = 0; k < values.size(); ++k) {
    if (j == right.size() || (i < left.size() && left[i] <= right[j])) {
      values[k] = left[i++];
    } else {
      values[k] = right[j++];
      count += left.size() - i;
    }
  }
  return count;
}

// Places in `b` of the items of `a` that are in both, in the order of `a`.
std::vector<size_t> shared_places(const std::vector<std::string>& a,
                                  const std::vector<std::string>& b) {
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = b.size(); i-- > 0;) places[b[i]].push_back(i);
  std::vector<size_t> shared;
  for (const std::string& item : a) {
    const auto found = places.find(item);
    if (found == places.end() || found->second.empty()) continue;
    shared.push_back(found->second.back());
    found->second.pop_back();
  }
  return shared;
}

}  // namespace

SequenceOptions read_sequence_options(core::ConfigNode& node) {
  SequenceOptions options;
  node.read_choice("measure", options.measure,
                   {{"lcs", SequenceMeasure::kLcs}, {"kendall", SequenceMeasure::kKendall}});
  return options;
}

double lcs_score(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return a.empty() && b.empty() ? 1 : 0;
  return 2 * static_cast<double>(lcs_length(a, b)) / static_cast<double>(a.size() + b.size());
}

double kendall_score(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return a.empty() && b.empty() ? 1 : 0;
  std::vector<size_t> places = shared_places(a, b);
  if (places.empty()) return 0;
  const auto count = static_cast<double>(places.size());
  const double num_pairs = count * (count - 1) / 2;
  const auto inversions = static_cast<double>(count_inversions(places));
  const double concordant = num_pairs > 0 ? 1 - inversions / num_pairs : 1;  // (tau + 1) / 2
  return concordant * count / static_cast<double>(std::max(a.size(), b.size()));
}

std::optional<double> SequenceReward::score(const RewardInput& input) const {
  if (!why_unfit(input.sample).empty()) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const std::vector<std::string> right = split_steps(input.sample.answer, kMaxSteps + 1);
  const std::vector<std::string> steps = split_steps(parsed->answer, kMaxSteps + 1);
  if (steps.empty() || steps.size() > kMaxSteps) return 0.0;
  return options_.measure == SequenceMeasure::kLcs ? lcs_score(steps, right)
                                                   : kendall_score(steps, right);
}

std::string SequenceReward::why_unfit(const data::Sample& sample) const {
  if (answer_letter(sample.answer)) return "its answer is a letter, not a sequence of steps";
  return split_steps(sample.answer, 1).empty() ? "its answer is empty" : "";
}

}  // namespace retrace::reward
