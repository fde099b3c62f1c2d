// What the surface of an option tells without the video: the features of the text-only reader.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct OptionText {
  explicit OptionText(std::string option_text);
  std::string text;  // without its letter
  size_t num_words = 0;
  std::set<std::string> words;  // words_of(text)
};

// The text of a multiple-choice question, as far as a reader without the video uses it.
struct TextQuestion {
  std::vector<OptionText> options;  // A first
  size_t answer = 0;
  std::string group;  // the video: questions of one group are never split over folds
};

// Questions with options, in order; open ones are left out. The group is the first video's file
// name. Throws DataError for an answer that is not the letter of an option.
std::vector<TextQuestion> text_questions(const std::vector<Sample>& samples);

inline constexpr size_t kNumOptionFeatures = 18;
inline constexpr std::array<std::string_view, kNumOptionFeatures> kOptionFeatureNames = {
    // 1 where the option stands at that place among so many
    "A of 2", "A of 3", "B of 3", "A of 4", "B of 4", "C of 4",
    // of the option's text
    "log characters", "log words", "longest", "shortest", "final period", "capital at the start",
    "words with capitals",
    // words in both options over words in either
    "mean overlap with others", "largest overlap with others",
    // of the option's words, log(1 + occurrences in the training questions' options)
    "mean log word count", "lowest log word count", "share of unknown words"};

using OptionFeatures = std::array<double, kNumOptionFeatures>;

// How often a word is in options; each option counts its words once.
class WordCounts {
 public:
  void add(const TextQuestion& question, int sign = 1);  // -1 takes the question out again
  int64_t of(const std::string& word) const;

 private:
  std::map<std::string, int64_t> counts_;
};

// [num_options]. `counts` must not hold the question itself: a reader meets questions for the first
// time.
std::vector<OptionFeatures> option_features(const TextQuestion& question, const WordCounts& counts);

}  // namespace retrace::data
