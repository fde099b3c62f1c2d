#include "data/hardening.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/error.h"
#include "data/option_text.h"
#include "tests/data/error_text.h"
#include "tests/data/released_questions.h"

namespace retrace::data {
namespace {

using test::error_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Sample question(const std::string& video, std::vector<std::string> options, char answer) {
  Sample sample;
  sample.problem = "Which? Options: ";
  for (size_t i = 0; i < options.size(); ++i)
    sample.problem += fmt::format("{}{}. {}", i > 0 ? ", " : "", option_letter(i), options[i]);
  sample.problem += "\n\nInstructions: Choose.";
  sample.options = std::move(options);
  sample.answer = std::string(1, answer);
  sample.solution =
      fmt::format("<think>A bus. The correct answer is {0}</think> <answer>{0}</answer>", answer);
  sample.videos = {video};
  sample.task = Task::kLandmark;
  return sample;
}

// Six questions about six videos.
std::vector<Sample> questions() {
  return {question("1.mp4", {"Red lamp.", "a dancing lamp.", "a spinning lamp."}, 'A'),
          question("2.mp4", {"red lamp", "blue lamp"}, 'B'),
          question("3.mp4", {"door", "Door.", "a flying door", "a hopping door", "one more"}, 'A'),
          question("4.mp4", {"green table, brown chair", "sofa"}, 'A'),
          question("5.mp4", {"window"}, 'A'),
          question("6.mp4", {"no cat", "black cat"}, 'B')};
}

HardeningOptions with(Distractors distractors, uint64_t seed = 0, int64_t num_options = 4) {
  HardeningOptions options;
  options.distractors = distractors;
  options.seed = seed;
  options.num_options = num_options;
  return options;
}

std::set<std::vector<std::string>> distinct_texts(const Sample& sample) {
  std::set<std::vector<std::string>> texts;
  for (const std::string& option : sample.options) texts.insert(words_of(option));
  return texts;
}

void expect_hardened(const Sample& before, const Sample& after) {
  SCOPED_TRACE(after.problem);
  const auto old_answer = static_cast<size_t>(before.answer.front() - 'A');
  const auto answer = static_cast<size_t>(after.answer.front() - 'A');
  ASSERT_LT(answer, after.options.size());
  EXPECT_EQ(after.options[answer], normalised_option(before.options[old_answer]));
  EXPECT_EQ(distinct_texts(after).size(), after.options.size());
  const auto parts = split_problem(after.problem);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(std::equal(parts->options.begin(), parts->options.end(), after.options.begin(),
                         after.options.end()));
  const auto old_parts = split_problem(before.problem);
  EXPECT_EQ(parts->question, old_parts->question);
  EXPECT_EQ(parts->instruction, with_letter_list(old_parts->instruction, after.options.size()));
  EXPECT_THAT(after.solution, HasSubstr("answer is " + after.answer + "</think>"));
  EXPECT_THAT(after.solution, HasSubstr("<answer>" + after.answer + "</answer>"));
  for (const std::string& option : after.options) EXPECT_EQ(option, normalised_option(option));
}

TEST(Hardening, KeepsRightAnswersAndMakesOptionsDifferent) {
  const std::vector<Sample> before = questions();
  for (const Distractors distractors :
       {Distractors::kKeep, Distractors::kFill, Distractors::kReplace}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const HardenedQuestions result = harden(before, with(distractors, seed));
      ASSERT_EQ(result.samples.size(), before.size());
      for (size_t i = 0; i < before.size(); ++i) {
        expect_hardened(before[i], result.samples[i]);
        if (distractors != Distractors::kKeep) {
          EXPECT_EQ(result.samples[i].options.size(), 4U);
        }
      }
    }
  }
}

TEST(Hardening, CountsWhatItDid) {
  HardeningCounts counts = harden(questions(), with(Distractors::kFill)).counts;
  EXPECT_EQ(counts.num_questions, 6);
  EXPECT_EQ(counts.num_normalised, 4);  // three options of the first question, "Door."
  EXPECT_EQ(counts.num_doubles, 1);     // "Door."
  EXPECT_EQ(counts.num_removed, 0);
  EXPECT_EQ(counts.num_added, 1 + 2 + 0 + 2 + 3 + 2);
  counts = harden(questions(), with(Distractors::kReplace)).counts;
  EXPECT_EQ(counts.num_removed, 2 + 1 + 4 + 1 + 0 + 1);
  EXPECT_EQ(counts.num_added, 18);
  EXPECT_EQ(counts.num_block_questions, 4);
  counts = harden(questions(), with(Distractors::kFill, 0, 2)).counts;
  EXPECT_EQ(counts.num_removed, 1 + 2);
}

TEST(Hardening, TheInstructionNamesTheLettersThereAre) {
  std::vector<Sample> samples = questions();
  for (Sample& sample : samples)
    sample.problem += " Return only the option number (e.g. A, B, C or D).";
  const auto expect_letters = [&](const HardenedQuestions& result, const std::string& letters) {
    for (const Sample& sample : result.samples)
      EXPECT_THAT(sample.problem, ::testing::EndsWith("(e.g. " + letters + ")."));
  };
  expect_letters(harden(samples, with(Distractors::kReplace, 0, 6)), "A, B, C, D, E or F");
  expect_letters(harden(samples, with(Distractors::kReplace, 0, 2)), "A or B");
  expect_letters(harden(samples, with(Distractors::kFill)), "A, B, C or D");
}

TEST(Hardening, LeavesOpenQuestionsAlone) {
  std::vector<Sample> samples = questions();
  Sample open;
  open.problem = "Describe the way.";
  open.answer = "Turn left.";
  samples.push_back(open);
  const HardenedQuestions result = harden(samples, with(Distractors::kFill));
  EXPECT_EQ(result.samples.back().problem, open.problem);
  EXPECT_EQ(result.samples.back().answer, open.answer);
  EXPECT_EQ(result.counts.num_open_questions, 1);
}

TEST(Hardening, IsPureAndDependsOnTheSeed) {
  const auto problems = [](uint64_t seed) {
    std::vector<std::string> texts;
    for (const Sample& sample : harden(questions(), with(Distractors::kFill, seed)).samples)
      texts.push_back(sample.problem + sample.solution + sample.answer);
    return texts;
  };
  EXPECT_EQ(problems(5), problems(5));
  EXPECT_NE(problems(5), problems(6));
}

TEST(Hardening, PutsTheRightOptionAnywhereEquallyOften) {
  std::array<int, 4> counts{};
  constexpr int kNumSeeds = 400;
  const std::vector<Sample> before = questions();
  for (uint64_t seed = 0; seed < kNumSeeds; ++seed)
    for (const Sample& sample : harden(before, with(Distractors::kFill, seed)).samples)
      ++counts[static_cast<size_t>(sample.answer.front() - 'A')];
  double chi_square = 0;
  const double expected = kNumSeeds * 6 / 4.0;
  for (const int count : counts) chi_square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_square, 16.27);  // 3 degrees of freedom: 0.1 %
}

TEST(Hardening, AddsTheNearestInLengthOfTheSameKind) {
  std::vector<Sample> samples = {
      question("1.mp4", {"12345"}, 'A'),     question("2.mp4", {"12345 6"}, 'A'),
      question("3.mp4", {"12345 789"}, 'A'), question("1.mp4", {"98765"}, 'A'),  // the same video
      question("5.mp4", {"abcde"}, 'A'),                                         // another source
      question("6.mp4", {"fghij"}, 'A')};  // another direction
  samples[4].source = "sun3d";
  samples[5].direction = TravelDirection::kReverse;
  samples.resize(5);
  const auto options_of = [&](int64_t num_options) {
    std::vector<std::string> options =
        harden(samples, with(Distractors::kFill, 0, num_options)).samples[0].options;
    std::sort(options.begin(), options.end());
    return options;
  };
  EXPECT_THAT(options_of(2), ElementsAre("12345", "12345 6"));
  EXPECT_THAT(options_of(3), ElementsAre("12345", "12345 6", "12345 789"));
  EXPECT_THAT(options_of(4), ElementsAre("12345", "12345 6", "12345 789", "abcde"));
  samples.push_back(question("6.mp4", {"fghij"}, 'A'));
  samples.back().direction = TravelDirection::kReverse;
  EXPECT_THAT(error_text<core::DataError>([&] { options_of(4); }),
              HasSubstr("expected 3 answers to other questions of its task and direction"));
}

// In a block each option is right exactly once.
TEST(Hardening, BlocksHaveEachOthersAnswers) {
  std::vector<Sample> samples;
  for (int i = 0; i < 40; ++i) {
    samples.push_back(question(fmt::format("{}.mp4", i / 2),
                               {"wrong.", fmt::format("thing{}", i % 11), "Wrong too."}, 'B'));
  }
  const HardenedQuestions result = harden(samples, with(Distractors::kReplace));
  using Texts = std::set<std::vector<std::string>>;
  std::map<Texts, std::map<std::string, int64_t>> num_right;  // by options, by option
  for (const Sample& sample : result.samples) {
    std::map<std::string, int64_t>& of_options = num_right[distinct_texts(sample)];
    for (const std::string& option : sample.options) of_options[option] += 0;
    ++of_options[sample.options[static_cast<size_t>(sample.answer.front() - 'A')]];
  }
  int64_t num_balanced = 0;
  for (const auto& [texts, of_options] : num_right) {
    int64_t fewest = 40;
    for (const auto& [option, count] : of_options) fewest = std::min(fewest, count);
    num_balanced += 4 * fewest;
  }
  EXPECT_GE(result.counts.num_block_questions, 32);
  EXPECT_GE(num_balanced, result.counts.num_block_questions);
}

TEST(Hardening, RejectsWhatItCannotRewrite) {
  std::vector<Sample> samples = questions();
  samples[0].answer = "D";
  EXPECT_THROW(harden(samples, {}), core::DataError);
  samples = questions();
  samples[1].options[0] = "something else";
  EXPECT_THAT(error_text<core::DataError>([&] { harden(samples, {}); }),
              HasSubstr("are not those after \"Options:\""));
  samples = questions();
  samples[2].solution = "<think>A: yes. B: no.</think> <answer>A</answer>";
  EXPECT_THAT(error_text<core::DataError>([&] { harden(samples, {}); }), HasSubstr("found A at"));
  samples[2].solution = "<think></think> <answer>B</answer>";
  EXPECT_THAT(error_text<core::DataError>([&] { harden(samples, {}); }), HasSubstr("found B at"));
  samples = questions();
  samples[4] = question("5.mp4", {"."}, 'A');
  EXPECT_THROW(harden(samples, {}), core::DataError);
  EXPECT_THROW(harden(questions(), with(Distractors::kFill, 0, 1)), core::ConfigError);
  EXPECT_THROW(harden(questions(), with(Distractors::kFill, 0, 27)), core::ConfigError);
  EXPECT_THROW(harden(questions(), with(Distractors::kFill, 0, 26)), core::DataError);
}

TEST(Hardening, OfReleasedQuestions) {
  const auto before = test::released_questions();
  if (!before) GTEST_SKIP() << test::kNoReleasedQuestions;
  for (const Distractors distractors :
       {Distractors::kKeep, Distractors::kFill, Distractors::kReplace}) {
    const HardenedQuestions result = harden(*before, with(distractors));
    for (size_t i = 0; i < before->size(); ++i) expect_hardened((*before)[i], result.samples[i]);
    const HardeningCounts& counts = result.counts;
    fmt::print(
        "normalised {}, doubles {}, removed {}, added {} (other source {}), in blocks {}, "
        "letters moved {}\n",
        counts.num_normalised, counts.num_doubles, counts.num_removed, counts.num_added,
        counts.num_added_elsewhere, counts.num_block_questions, counts.num_moved_answers);
    const int64_t four = distractors == Distractors::kKeep ? 0 : 4;
    for (const Sample& sample : result.samples)
      if (four != 0) {
        EXPECT_EQ(static_cast<int64_t>(sample.options.size()), four);
      }
  }
}

}  // namespace
}  // namespace retrace::data
