#include "reward/repetition_reward.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

constexpr size_t kLongestWord = 32, kPiece = 8;
constexpr size_t kFreeMarks = 3;  // of punctuation in a row: "...", ".</"

// The words, and the marks of long rows of them, in the order of the text.
std::vector<std::string> words_and_marks(std::string_view text) {
  std::vector<std::string> list;
  const auto add_words = [&](std::string_view part) {
    for (std::string& word : words(part)) list.push_back(std::move(word));
  };
  size_t begin = 0, num_marks = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_word_byte(text[i])) num_marks = 0;
    if (is_word_byte(text[i]) || std::isspace(static_cast<unsigned char>(text[i])) != 0) continue;
    if (++num_marks <= kFreeMarks) continue;
    add_words(text.substr(begin, i - begin));
    list.emplace_back(1, text[i]);
    begin = i + 1;
  }
  add_words(text.substr(begin));
  return list;
}

// Number of every word, equal words alike.
std::vector<size_t> word_hashes(std::string_view text) {
  std::vector<size_t> hashes;
  const std::hash<std::string_view> hash;
  for (const std::string& word : words_and_marks(text)) {
    const size_t step = word.size() > kLongestWord ? kPiece : word.size();
    for (size_t begin = 0; begin < word.size(); begin += step)
      hashes.push_back(hash(std::string_view(word).substr(begin, step)));
  }
  return hashes;
}

}  // namespace

RepetitionOptions read_repetition_options(core::ConfigNode& node) {
  RepetitionOptions options;
  node.read("ngram_words", options.ngram_words);
  node.require(options.ngram_words >= 1 && options.ngram_words <= 64, "ngram_words",
               "must be in [1, 64]", options.ngram_words);
  return options;
}

std::optional<double> RepetitionReward::score(const RewardInput& input) const {
  const std::vector<size_t> hashes = word_hashes(input.completion);
  const auto n = static_cast<size_t>(options_.ngram_words);
  if (hashes.size() < n) return 0.0;
  std::vector<size_t> ngrams(hashes.size() - n + 1);
  constexpr size_t kMultiplier = 0x9E3779B97F4A7C15;
  for (size_t i = 0; i < ngrams.size(); ++i) {
    for (size_t j = 0; j < n; ++j) ngrams[i] = (ngrams[i] ^ hashes[i + j]) * kMultiplier;
  }
  std::sort(ngrams.begin(), ngrams.end());
  const auto distinct = std::unique(ngrams.begin(), ngrams.end()) - ngrams.begin();
  return static_cast<double>(distinct) / static_cast<double>(ngrams.size()) - 1.0;
}

}  // namespace retrace::reward
