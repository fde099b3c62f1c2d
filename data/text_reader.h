// How far a reader gets that sees the options and never the video: a conditional logit over surface
// features (option_features.h), cross-validated over folds of whole videos. What it scores above
// chance is an artefact of how options were written.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/option_features.h"

namespace retrace::data {

struct TextReaderOptions {
  int64_t num_folds = 10;
  double l2 = 1;      // of features scaled to unit variance inside questions
  uint64_t seed = 0;  // of folds and random labels
};

struct TextReaderReport {
  int64_t num_questions = 0, num_groups = 0;
  double accuracy = 0;                  // share of held-out questions answered right
  double standard_error = 0;            // of accuracy, sqrt(p (1 - p) / n)
  std::vector<double> fold_accuracies;  // [num_folds]
  double chance = 0;                    // mean of 1 / number of options
  double majority_accuracy = 0;         // of the letter that is most often right
  double random_label_accuracy = 0;     // the same reader where answers are drawn uniformly
  std::vector<std::pair<std::string, double>> weights;  // of a fit to all questions, by feature
};

// Pure in its arguments. A fold is read by weights, scales and word counts of the other folds
// alone; in training, a question's features leave the words of its own group out, as at test time.
// Throws ConfigError for fewer than two folds or l2 <= 0, DataError for fewer groups than folds.
TextReaderReport read_without_video(const std::vector<TextQuestion>& questions,
                                    const TextReaderOptions& options = {});

}  // namespace retrace::data
