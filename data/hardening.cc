#include "data/hardening.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/random.h"
#include "data/hardening_blocks.h"
#include "data/option_mentions.h"
#include "data/option_text.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

size_t answer_index(const Sample& sample) {
  const std::optional<size_t> index = right_index(sample);
  if (!index) {
    core::throw_<core::DataError>(
        "question at line {}: expected the letter of one of its {} options, found '{}'; repair or "
        "leave out the record",
        sample.index + 1, sample.options.size(), sample.answer);
  }
  return *index;
}

// "" for open questions.
std::string normalised_answer(const Sample& sample) {
  if (sample.options.empty()) return "";
  std::string text = normalised_option(sample.options[answer_index(sample)]);
  if (words_of(text).empty()) {
    core::throw_<core::DataError>(
        "question at line {}: expected words in its right option, found '{}'; repair or leave out "
        "the record",
        sample.index + 1, sample.options[answer_index(sample)]);
  }
  return text;
}

// The problem with other options, however many, set apart as before.
std::string rewritten_problem(const Sample& sample, const std::vector<std::string>& options) {
  const std::string_view problem = sample.problem;
  const std::optional<ProblemParts> parts = split_problem(problem);
  if (!parts || !std::equal(parts->options.begin(), parts->options.end(), sample.options.begin(),
                            sample.options.end())) {
    core::throw_<core::DataError>(
        "question at line {}: its {} options are not those after \"Options:\" in its problem; they "
        "must be told apart by letters in order, each after a comma or on a line of its own",
        sample.index + 1, sample.options.size());
  }
  constexpr size_t kMarkLength = 3;  // "A. "
  const std::string_view last = parts->options.back();
  const size_t begin = static_cast<size_t>(parts->options[0].data() - problem.data()) - kMarkLength;
  const size_t end = static_cast<size_t>(last.data() - problem.data()) + last.size();
  const bool one_a_line = begin > 0 && problem[begin - 1] == '\n';
  std::string text(problem.substr(0, begin));
  for (size_t i = 0; i < options.size(); ++i) {
    if (i > 0) text += one_a_line ? "\n" : ", ";
    text += option_letter(i);
    text += ". " + options[i];
  }
  return text.append(with_letter_list(problem.substr(end), options.size()));
}

// The solution for the right answer `letter`.
std::string rewritten_solution(const Sample& sample, char letter) {
  std::string text = sample.solution;
  for (const OptionMention& mention : option_mentions(sample.solution, sample.options.size())) {
    if (mention.kind != MentionKind::kAnswer || text[mention.at] != sample.answer.front()) {
      core::throw_<core::DataError>(
          "question at line {}: expected letters of options in its solution only in <answer> and "
          "after 'answer is ', the right one each time, found {} at character {}; name options by "
          "their words there",
          sample.index + 1, text[mention.at], mention.at + 1);
    }
    text[mention.at] = letter;
  }
  return text;
}

class Hardener {
 public:
  Hardener(const std::vector<Sample>& samples, const HardeningOptions& options)
      : samples_(samples), options_(options), random_(options.seed, "hardening") {
    for (const Sample& sample : samples) {
      answers_.push_back(normalised_answer(sample));
    }
    if (options.distractors == Distractors::kReplace)
      blocks_ = answer_blocks(samples, answers_, static_cast<size_t>(options.num_options));
  }

  HardenedQuestions run() {
    HardenedQuestions result;
    for (size_t i = 0; i < samples_.size(); ++i) result.samples.push_back(hardened(i));
    result.counts = counts_;
    return result;
  }

 private:
  Sample hardened(size_t index);
  std::vector<std::string> own_distractors(size_t index);
  void add_answers(size_t index, std::vector<std::string>& options);
  // Indices of questions whose answers may be added, best first.
  std::vector<size_t> candidates(size_t index, const std::vector<std::string>& options) const;
  bool may_lend(size_t index, size_t other) const;

  const std::vector<Sample>& samples_;
  HardeningOptions options_;
  core::RandomStream random_;
  std::vector<std::string> answers_;         // [samples] normalised; "" for open questions
  std::vector<std::vector<size_t>> blocks_;  // [samples] the others of its block, or empty
  HardeningCounts counts_;
};

Sample Hardener::hardened(size_t index) {
  Sample sample = samples_[index];
  if (sample.options.empty()) {
    ++counts_.num_open_questions;
    return sample;
  }
  ++counts_.num_questions;
  std::vector<std::string> options = {answers_[index]};
  for (std::string& text : own_distractors(index)) options.push_back(std::move(text));
  if (options_.distractors != Distractors::kKeep) add_answers(index, options);
  core::RandomSequence random(random_.substream(index));
  random.shuffle(options);
  const char letter = option_letter(static_cast<size_t>(
      std::find(options.begin(), options.end(), answers_[index]) - options.begin()));
  sample.problem = rewritten_problem(samples_[index], options);
  sample.solution = rewritten_solution(samples_[index], letter);
  if (sample.answer.front() != letter) ++counts_.num_moved_answers;
  sample.answer = letter;
  sample.options = std::move(options);
  return sample;
}

// What stays of them, normalised; counts what was done to the question's own options.
std::vector<std::string> Hardener::own_distractors(size_t index) {
  const Sample& sample = samples_[index];
  const size_t answer = answer_index(sample);
  std::set<std::vector<std::string>> taken = {{}, words_of(answers_[index])};
  std::vector<std::string> kept;
  for (size_t i = 0; i < sample.options.size(); ++i) {
    std::string text = normalised_option(sample.options[i]);
    const bool removed = i != answer && options_.distractors == Distractors::kReplace;
    if (!removed && text != sample.options[i]) ++counts_.num_normalised;
    if (i == answer) continue;
    if (removed) {
      ++counts_.num_removed;
    } else if (!taken.insert(words_of(text)).second) {
      ++counts_.num_doubles;
    } else {
      kept.push_back(std::move(text));
    }
  }
  const auto room = static_cast<size_t>(options_.num_options - 1);
  if (options_.distractors == Distractors::kFill && kept.size() > room) {
    core::RandomSequence(random_.substream(index).substream(1)).shuffle(kept);
    counts_.num_removed += static_cast<int64_t>(kept.size() - room);
    kept.resize(room);
  }
  return kept;
}

bool Hardener::may_lend(size_t index, size_t other) const {
  const Sample &own = samples_[index], &lender = samples_[other];
  return !lender.options.empty() && lender.task == own.task && lender.direction == own.direction &&
         (lender.videos.empty() || video_name_of(lender) != video_name_of(own));
}

std::vector<size_t> Hardener::candidates(size_t index,
                                         const std::vector<std::string>& options) const {
  std::set<std::vector<std::string>> taken;
  for (const std::string& option : options) taken.insert(words_of(option));
  std::map<std::vector<std::string>, size_t> by_words;  // the best lender of each text
  const auto rank = [&](size_t other) {
    const auto own_length = static_cast<int64_t>(answers_[index].size());
    const auto distance = std::abs(static_cast<int64_t>(answers_[other].size()) - own_length);
    const bool elsewhere = samples_[other].source != samples_[index].source;
    return std::tuple(elsewhere, distance, random_.substream(index).substream(2).bits(other));
  };
  for (size_t other = 0; other < samples_.size(); ++other) {
    std::vector<std::string> words = words_of(answers_[other]);
    if (!may_lend(index, other) || taken.contains(words)) continue;
    const auto [place, is_new] = by_words.emplace(std::move(words), other);
    if (!is_new && rank(other) < rank(place->second)) place->second = other;
  }
  std::vector<size_t> lenders;
  for (const auto& [words, other] : by_words) lenders.push_back(other);
  std::sort(lenders.begin(), lenders.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
  return lenders;
}

void Hardener::add_answers(size_t index, std::vector<std::string>& options) {
  const auto num_missing = static_cast<size_t>(options_.num_options) - options.size();
  const bool in_block = !blocks_.empty() && !blocks_[index].empty();
  if (num_missing == 0) return;
  const std::vector<size_t> lenders = in_block ? blocks_[index] : candidates(index, options);
  if (lenders.size() < num_missing) {
    core::throw_<core::DataError>(
        "question at line {}: expected {} answers to other questions of its task and direction, "
        "different from each other and about other videos, found {}; ask for fewer options",
        samples_[index].index + 1, num_missing, lenders.size());
  }
  if (in_block) ++counts_.num_block_questions;
  for (size_t i = 0; i < num_missing; ++i) {
    options.push_back(answers_[lenders[i]]);
    ++counts_.num_added;
    if (samples_[lenders[i]].source != samples_[index].source) ++counts_.num_added_elsewhere;
  }
}

}  // namespace

HardenedQuestions harden(const std::vector<Sample>& samples, const HardeningOptions& options) {
  if (options.num_options < 2 || options.num_options > 26)
    core::throw_<core::ConfigError>("num_options: must be from 2 to 26, is {}",
                                    options.num_options);
  return Hardener(samples, options).run();
}

}  // namespace retrace::data
