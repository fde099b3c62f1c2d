#include "data/egost_census.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "data/option_text.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

double ratio(double part, int64_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The steps of an annotation, as comparable texts.
std::vector<std::string> steps_of(std::string_view annotation) {
  std::vector<std::string> steps;
  constexpr std::string_view kSeparator = ", ";
  for (size_t begin = 0; begin <= annotation.size();) {
    const size_t end = std::min(annotation.find(kSeparator, begin), annotation.size());
    std::string step;
    for (const std::string& word : words_of(annotation.substr(begin, end - begin)))
      step += (step.empty() ? "" : " ") + word;
    steps.push_back(std::move(step));
    begin = end + kSeparator.size();
  }
  return steps;
}

// true: left.
std::vector<bool> turns_of(std::string_view annotation) {
  std::vector<bool> turns;
  for (const std::string& word : words_of(annotation)) {
    if (word == "left" || word == "right") turns.push_back(word == "left");
  }
  return turns;
}

void count_pair(std::string_view forward, std::string_view reverse, InverseCounts& counts) {
  const std::vector<std::string> there = steps_of(forward), back = steps_of(reverse);
  ++counts.num_pairs;
  counts.identical += there == back ? 1 : 0;
  counts.exact_reversal += std::equal(there.rbegin(), there.rend(), back.begin(), back.end());
  const std::vector<bool> turns = turns_of(forward);
  if (turns.empty()) return;
  ++counts.with_turns;
  const std::vector<bool> turns_back = turns_of(reverse);
  counts.turns_inverted +=
      std::equal(turns.rbegin(), turns.rend(), turns_back.begin(), turns_back.end(),
                 [](bool left_there, bool left_back) { return left_there != left_back; });
}

void count_options(const Sample& sample, EgoStDefects& defects) {
  if (sample.options.empty()) return;  // an open question
  const std::string right = right_option(sample);
  for (const std::string& option : sample.options) {
    if (!option.ends_with('.')) continue;
    ++defects.period_options;
    defects.period_answers += option == right ? 1 : 0;
  }
  defects.comma_in_option +=
      std::any_of(sample.options.begin(), sample.options.end(),
                  [](const std::string& option) { return contains(option, ","); });
  defects.fewer_than_two_options += sample.options.size() < 2 ? 1 : 0;
  defects.three_options_A += sample.options.size() == 3 && sample.answer == "A" ? 1 : 0;
  defects.two_options_B += sample.options.size() == 2 && sample.answer == "B" ? 1 : 0;
}

}  // namespace

Census take_census(std::span<const Sample> samples) {
  Census census;
  std::set<std::string> videos;
  std::map<std::string, std::set<std::string>> videos_of_source;
  double chance = 0;
  for (const Sample& sample : samples) {
    ++census.num_records;
    ++census.by_kind[{sample.task, sample.direction}];
    ++census.by_num_options[sample.options.size()];
    ++census.by_source[sample.source].num_records;
    if (!sample.options.empty()) {
      ++census.by_answer[sample.answer];
      chance += 1.0 / static_cast<double>(sample.options.size());
    }
    const std::string video = video_name_of(sample);
    if (video.empty()) continue;
    videos.insert(video);
    videos_of_source[sample.source].insert(video);
  }
  census.num_videos = std::ssize(videos);
  for (const auto& [source, names] : videos_of_source)
    census.by_source[source].num_videos = std::ssize(names);
  for (const auto& [key, pair] : pair_index(samples)) {
    ++census.num_pair_keys;
    census.num_complete_pairs += pair.is_complete() ? 1 : 0;
  }
  const int64_t num_choices = census.num_records - census.by_num_options[0];
  int64_t most = 0;
  for (const auto& [letter, count] : census.by_answer) most = std::max(most, count);
  census.majority_accuracy = ratio(static_cast<double>(most), num_choices);
  census.chance_accuracy = ratio(chance, num_choices);
  if (census.by_num_options[0] == 0) census.by_num_options.erase(0);
  return census;
}

EgoStDefects find_defects(std::span<const Sample> samples) {
  constexpr std::string_view kPrefix = "Please take a";
  EgoStDefects defects;
  for (const Sample& sample : samples) {
    defects.stem_of_other_task +=
        sample.task == Task::kAction && contains(sample.question, "landmarks") ? 1 : 0;
    defects.thought_of_other_task +=
        sample.task == Task::kDirection && contains(sample.solution, "which landmarks") ? 1 : 0;
    defects.repeated_prefix += count_occurrences(sample.question, kPrefix) > 1 ? 1 : 0;
    count_options(sample, defects);
  }
  return defects;
}

InverseCounts count_inverses(std::span<const Sample> samples, Task task) {
  InverseCounts counts;
  for (const auto& [key, pair] : pair_index(samples)) {
    if (key.task != task || !pair.is_complete()) continue;
    // Each question's demonstration quotes the annotation of the other direction.
    const std::string& forward = samples[pair.reverse.front()].opposite;
    const std::string& reverse = samples[pair.forward.front()].opposite;
    if (!forward.empty() && !reverse.empty()) count_pair(forward, reverse, counts);
  }
  return counts;
}

}  // namespace retrace::data
