#include "data/text_reader.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/random.h"
#include "data/conditional_logit.h"

namespace retrace::data {
namespace {

using Groups = std::map<std::string, std::vector<size_t>>;  // indices of questions, by group

Groups groups_of(const std::vector<TextQuestion>& questions) {
  Groups groups;
  for (size_t i = 0; i < questions.size(); ++i) groups[questions[i].group].push_back(i);
  return groups;
}

// A trained reader.
class TextReader {
 public:
  TextReader(const std::vector<TextQuestion>& questions, const std::vector<size_t>& training,
             double l2) {
    std::map<std::string, std::vector<size_t>> groups;
    for (const size_t i : training) {
      groups[questions[i].group].push_back(i);
      counts_.add(questions[i]);
    }
    std::vector<ChoiceSet> sets;
    for (const auto& [name, members] : groups) {
      for (const size_t i : members) counts_.add(questions[i], -1);
      for (const size_t i : members) sets.push_back(choice_set(questions[i]));
      for (const size_t i : members) counts_.add(questions[i]);
    }
    set_scales(sets);
    for (ChoiceSet& set : sets) scale(set);
    weights_ = fit_conditional_logit(sets, l2);
  }

  size_t answer(const TextQuestion& question) const {
    ChoiceSet set = choice_set(question);
    scale(set);
    return predict_choice(weights_, set.options);
  }

  const std::vector<double>& weights() const { return weights_; }

 private:
  // Less the question's mean, which no choice depends on.
  ChoiceSet choice_set(const TextQuestion& question) const {
    const std::vector<OptionFeatures> features = option_features(question, counts_);
    OptionFeatures mean{};
    for (const OptionFeatures& option : features)
      for (size_t i = 0; i < mean.size(); ++i)
        mean[i] += option[i] / static_cast<double>(features.size());
    ChoiceSet set;
    set.answer = question.answer;
    for (const OptionFeatures& option : features) {
      std::vector<double>& centred = set.options.emplace_back(option.begin(), option.end());
      for (size_t i = 0; i < mean.size(); ++i) centred[i] -= mean[i];
    }
    return set;
  }

  void set_scales(const std::vector<ChoiceSet>& sets) {
    scales_.assign(kNumOptionFeatures, 0);
    double num_options = 0;
    for (const ChoiceSet& set : sets) {
      num_options += static_cast<double>(set.options.size());
      for (const std::vector<double>& option : set.options)
        for (size_t i = 0; i < scales_.size(); ++i) scales_[i] += option[i] * option[i];
    }
    constexpr double kNoVariance = 1e-9;  // what rounding leaves of a constant feature
    for (double& value : scales_) {
      const double deviation = std::sqrt(value / num_options);
      value = deviation > kNoVariance ? 1 / deviation : 0;
    }
  }

  void scale(ChoiceSet& set) const {
    for (std::vector<double>& option : set.options)
      for (size_t i = 0; i < scales_.size(); ++i) option[i] *= scales_[i];
  }

  WordCounts counts_;
  std::vector<double> scales_, weights_;  // [kNumOptionFeatures]
};

// Questions of each fold: shuffled groups, each to the fold that has the fewest questions.
std::vector<std::vector<size_t>> folds_of(const Groups& groups, const TextReaderOptions& options) {
  std::vector<const std::vector<size_t>*> order;
  for (const auto& [name, members] : groups) order.push_back(&members);
  core::RandomSequence(core::RandomStream(options.seed, "text_reader/folds")).shuffle(order);
  std::vector<std::vector<size_t>> folds(static_cast<size_t>(options.num_folds));
  for (const std::vector<size_t>* members : order) {
    auto& fold = *std::min_element(folds.begin(), folds.end(), [](const auto& a, const auto& b) {
      return a.size() < b.size();
    });
    fold.insert(fold.end(), members->begin(), members->end());
  }
  return folds;
}

// Share of each fold answered right by a reader of the others.
std::vector<double> fold_accuracies(const std::vector<TextQuestion>& questions,
                                    const std::vector<std::vector<size_t>>& folds, double l2) {
  std::vector<double> accuracies;
  for (const std::vector<size_t>& fold : folds) {
    std::vector<size_t> training;
    for (const std::vector<size_t>& other : folds)
      if (&other != &fold) training.insert(training.end(), other.begin(), other.end());
    const TextReader reader(questions, training, l2);
    double num_right = 0;
    for (const size_t i : fold) num_right += reader.answer(questions[i]) == questions[i].answer;
    accuracies.push_back(num_right / static_cast<double>(fold.size()));
  }
  return accuracies;
}

double pooled(const std::vector<double>& accuracies, const std::vector<std::vector<size_t>>& folds,
              size_t num_questions) {
  double num_right = 0;
  for (size_t i = 0; i < folds.size(); ++i)
    num_right += accuracies[i] * static_cast<double>(folds[i].size());
  return num_right / static_cast<double>(num_questions);
}

std::vector<TextQuestion> with_random_answers(std::vector<TextQuestion> questions, uint64_t seed) {
  core::RandomSequence random(core::RandomStream(seed, "text_reader/labels"));
  for (TextQuestion& question : questions) question.answer = random.below(question.options.size());
  return questions;
}

void add_baselines(const std::vector<TextQuestion>& questions, TextReaderReport& report) {
  std::map<size_t, int64_t> letters;
  int64_t most = 0;
  for (const TextQuestion& question : questions) {
    report.chance += 1 / static_cast<double>(question.options.size());
    most = std::max(most, ++letters[question.answer]);
  }
  report.chance /= static_cast<double>(questions.size());
  report.majority_accuracy = static_cast<double>(most) / static_cast<double>(questions.size());
}

}  // namespace

TextReaderReport read_without_video(const std::vector<TextQuestion>& questions,
                                    const TextReaderOptions& options) {
  if (options.num_folds < 2)
    core::throw_<core::ConfigError>("num_folds: must be at least 2, is {}", options.num_folds);
  if (!(options.l2 > 0)) core::throw_<core::ConfigError>("l2: must be above 0, is {}", options.l2);
  const Groups groups = groups_of(questions);
  if (groups.size() < static_cast<size_t>(options.num_folds)) {
    core::throw_<core::DataError>(
        "expected questions about at least {} videos, one for each fold, found {}; use fewer folds",
        options.num_folds, groups.size());
  }
  TextReaderReport report;
  report.num_questions = static_cast<int64_t>(questions.size());
  report.num_groups = static_cast<int64_t>(groups.size());
  const auto folds = folds_of(groups, options);
  report.fold_accuracies = fold_accuracies(questions, folds, options.l2);
  report.accuracy = pooled(report.fold_accuracies, folds, questions.size());
  report.standard_error =
      std::sqrt(report.accuracy * (1 - report.accuracy) / static_cast<double>(questions.size()));
  const auto relabelled = with_random_answers(questions, options.seed);
  report.random_label_accuracy =
      pooled(fold_accuracies(relabelled, folds, options.l2), folds, questions.size());
  add_baselines(questions, report);
  std::vector<size_t> all(questions.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const TextReader reader(questions, all, options.l2);
  for (size_t i = 0; i < kNumOptionFeatures; ++i)
    report.weights.emplace_back(kOptionFeatureNames[i], reader.weights()[i]);
  return report;
}

}  // namespace retrace::data
