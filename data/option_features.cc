#include "data/option_features.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "data/jaccard.h"
#include "data/option_text.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

bool is_capital(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}

double num_capitalised_words(std::string_view text) {
  double count = 0;
  for (size_t i = 1; i < text.size(); ++i) count += is_capital(text[i]) && text[i - 1] == ' ';
  return count;
}

void add_place(size_t place, size_t num_options, OptionFeatures& features) {
  constexpr size_t kFirstOf[] = {0, 1, 3};  // "A of 2", "A of 3", "A of 4"
  if (num_options < 2 || num_options > 4 || place + 1 == num_options) return;
  features[kFirstOf[num_options - 2] + place] = 1;
}

void add_shape(const TextQuestion& question, size_t place, OptionFeatures& features) {
  const std::string& text = question.options[place].text;
  size_t shortest = text.size(), longest = text.size();
  for (const OptionText& other : question.options) {
    shortest = std::min(shortest, other.text.size());
    longest = std::max(longest, other.text.size());
  }
  features[6] = std::log1p(static_cast<double>(text.size()));
  features[7] = std::log1p(static_cast<double>(question.options[place].num_words));
  features[8] = text.size() == longest ? 1 : 0;
  features[9] = text.size() == shortest ? 1 : 0;
  features[10] = text.ends_with('.') ? 1 : 0;
  features[11] = !text.empty() && is_capital(text.front()) ? 1 : 0;
  features[12] = num_capitalised_words(text);
}

void add_overlap(const TextQuestion& question, size_t place, OptionFeatures& features) {
  const std::vector<OptionText>& options = question.options;
  double sum = 0, largest = 0;
  for (size_t other = 0; other < options.size(); ++other) {
    if (other == place) continue;
    const double overlap = jaccard(options[place].words, options[other].words);
    sum += overlap;
    largest = std::max(largest, overlap);
  }
  features[13] = sum / static_cast<double>(std::max<size_t>(options.size() - 1, 1));
  features[14] = largest;
}

void add_frequency(const std::set<std::string>& words, const WordCounts& counts,
                   OptionFeatures& features) {
  if (words.empty()) return;
  double sum = 0, lowest = HUGE_VAL, num_unknown = 0;
  for (const std::string& word : words) {
    const double log_count = std::log1p(static_cast<double>(counts.of(word)));
    sum += log_count;
    lowest = std::min(lowest, log_count);
    num_unknown += log_count == 0 ? 1 : 0;
  }
  const auto num_words = static_cast<double>(words.size());
  features[15] = sum / num_words;
  features[16] = lowest;
  features[17] = num_unknown / num_words;
}

}  // namespace

OptionText::OptionText(std::string option_text) : text(std::move(option_text)) {
  const std::vector<std::string> all = words_of(text);
  num_words = all.size();
  words.insert(all.begin(), all.end());
}

std::vector<TextQuestion> text_questions(const std::vector<Sample>& samples) {
  std::vector<TextQuestion> questions;
  for (const Sample& sample : samples) {
    if (sample.options.empty()) continue;
    TextQuestion& question = questions.emplace_back();
    for (const std::string& option : sample.options) question.options.emplace_back(option);
    const std::optional<size_t> answer = right_index(sample);
    if (!answer) {
      core::throw_<core::DataError>(
          "question at line {}: expected the letter of one of its {} options, found '{}'; was the "
          "file cut or its options rewritten?",
          sample.index + 1, sample.options.size(), sample.answer);
    }
    question.answer = *answer;
    question.group = sample.videos.empty() ? std::to_string(sample.index)
                                           : sample.videos.front().filename().string();
  }
  return questions;
}

void WordCounts::add(const TextQuestion& question, int sign) {
  for (const OptionText& option : question.options)
    for (const std::string& word : option.words) counts_[word] += sign;
}

int64_t WordCounts::of(const std::string& word) const {
  const auto found = counts_.find(word);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<OptionFeatures> option_features(const TextQuestion& question,
                                            const WordCounts& counts) {
  std::vector<OptionFeatures> features(question.options.size(), OptionFeatures{});
  for (size_t place = 0; place < features.size(); ++place) {
    add_place(place, features.size(), features[place]);
    add_shape(question, place, features[place]);
    add_overlap(question, place, features[place]);
    add_frequency(question.options[place].words, counts, features[place]);
  }
  return features;
}

}  // namespace retrace::data
