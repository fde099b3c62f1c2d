#include "data/text_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "data/hardening.h"
#include "tests/data/error_text.h"
#include "tests/data/released_questions.h"

namespace retrace::data {
namespace {

using test::error_text;
using ::testing::HasSubstr;

// Words without meaning, four options, the right one anywhere; `mark` is put behind it.
std::vector<TextQuestion> meaningless_questions(int num_questions, const std::string& mark) {
  core::RandomSequence random(core::RandomStream(11, "text_reader_test"));
  std::vector<TextQuestion> questions;
  for (int i = 0; i < num_questions; ++i) {
    TextQuestion& question = questions.emplace_back();
    question.answer = random.below(4);
    question.group = fmt::format("video {}", i / 2);
    for (size_t option = 0; option < 4; ++option) {
      const std::string text = fmt::format("word{} word{}", random.below(50), random.below(50));
      question.options.emplace_back(option == question.answer ? text + mark : text);
    }
  }
  return questions;
}

TEST(TextReader, IsAtChanceWhereTextTellsNothing) {
  const TextReaderReport report = read_without_video(meaningless_questions(1000, ""));
  EXPECT_NEAR(report.accuracy, 0.25, 0.055);  // 4 standard errors
  EXPECT_DOUBLE_EQ(report.chance, 0.25);
  EXPECT_EQ(report.num_questions, 1000);
  EXPECT_EQ(report.num_groups, 500);
  EXPECT_EQ(report.fold_accuracies.size(), 10U);
}

TEST(TextReader, FindsAnArtefact) {
  const TextReaderReport report = read_without_video(meaningless_questions(200, "."));
  EXPECT_EQ(report.accuracy, 1);
  EXPECT_NEAR(report.random_label_accuracy, 0.25, 0.13);  // 4 standard errors
}

// A word that both right options of a video share, and wrong ones do not, is no help: nothing of
// the video is in training.
TEST(TextReader, LearnsNothingFromTheHeldOutVideo) {
  std::vector<TextQuestion> questions = meaningless_questions(1000, "");
  for (size_t i = 0; i < questions.size(); ++i) {
    for (OptionText& option : questions[i].options) option = OptionText("a b");
    OptionText& right = questions[i].options[questions[i].answer];
    right = OptionText(fmt::format("a only{}", 1000 + i / 2));
    OptionText& wrong = questions[i].options[questions[i].answer ^ 1];
    wrong = OptionText(fmt::format("a only{}", 5000 + i));
  }
  // Two options have words that no other video has; 4 standard errors.
  EXPECT_NEAR(read_without_video(questions).accuracy, 0.5, 0.064);
}

TEST(TextReader, IsDeterministicAndDependsOnTheSeedOfTheFolds) {
  const std::vector<TextQuestion> questions = meaningless_questions(100, "");
  TextReaderOptions options;
  const TextReaderReport first = read_without_video(questions, options);
  EXPECT_EQ(first.fold_accuracies, read_without_video(questions, options).fold_accuracies);
  options.seed = 1;
  EXPECT_NE(first.fold_accuracies, read_without_video(questions, options).fold_accuracies);
}

TEST(TextReader, RejectsFoldsItCannotFill) {
  EXPECT_THAT(error_text<core::DataError>([] { read_without_video(meaningless_questions(6, "")); }),
              HasSubstr("at least 10 videos, one for each fold, found 3"));
  TextReaderOptions options;
  options.num_folds = 1;
  EXPECT_THROW(read_without_video(meaningless_questions(60, ""), options), core::ConfigError);
  options = {};
  options.l2 = std::nan("");
  EXPECT_THROW(read_without_video(meaningless_questions(60, ""), options), core::ConfigError);
}

TEST(TextReader, TakesMultipleChoiceQuestionsOnly) {
  Sample open, bad;
  open.answer = "Turn left.";
  EXPECT_TRUE(text_questions({open}).empty());
  bad.options = {"left", "right"};
  bad.answer = "C";
  EXPECT_THROW(text_questions({bad}), core::DataError);
  bad.answer = "";
  EXPECT_THROW(text_questions({bad}), core::DataError);
}

// docs/egost_shortcuts.md shows what this prints.
TextReaderReport shown(const char* name, const std::vector<Sample>& samples) {
  const TextReaderReport report = read_without_video(text_questions(samples));
  fmt::print(
      "{:24} {:5} questions: {:.3f} +- {:.3f}; chance {:.3f}, majority {:.3f}, random {:.3f}\n",
      name, report.num_questions, report.accuracy, report.standard_error, report.chance,
      report.majority_accuracy, report.random_label_accuracy);
  return report;
}

std::vector<Sample> hardened(const std::vector<Sample>& samples, Distractors distractors) {
  HardeningOptions options;
  options.distractors = distractors;
  return harden(samples, options).samples;
}

class ReleasedQuestions : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!samples_) GTEST_SKIP() << test::kNoReleasedQuestions;
  }
  std::optional<std::vector<Sample>> samples_ = test::released_questions();
};

TEST_F(ReleasedQuestions, AreReadWithoutVideo) {
  const TextReaderReport report = shown("as released", *samples_);
  EXPECT_EQ(report.num_questions, 630);
  EXPECT_EQ(report.num_groups, 214);
  EXPECT_GT(report.accuracy, 0.75);
  EXPECT_LT(report.accuracy, 0.81);
  EXPECT_NEAR(report.chance, 0.271, 0.0005);
  EXPECT_NEAR(report.majority_accuracy, 0.346, 0.0005);
  EXPECT_NEAR(report.random_label_accuracy, report.chance, 0.071);  // 4 standard errors
  for (const auto& [name, weight] : report.weights) fmt::print("  {:28} {:+.2f}\n", name, weight);
}

// Style and position are part of the artefact; the choice of words is the rest.
TEST_F(ReleasedQuestions, TellLessOnceNormalised) {
  const double normalised =
      shown("normalised, shuffled", hardened(*samples_, Distractors::kKeep)).accuracy;
  const TextReaderReport filled = shown("filled to 4", hardened(*samples_, Distractors::kFill));
  EXPECT_LT(normalised, 0.75);
  EXPECT_LT(filled.accuracy, normalised);
  EXPECT_DOUBLE_EQ(filled.chance, 0.25);
}

TEST_F(ReleasedQuestions, TellNothingWithOtherAnswersAsDistractors) {
  const TextReaderReport report =
      shown("distractors replaced", hardened(*samples_, Distractors::kReplace));
  EXPECT_LT(report.accuracy, 0.25 + 0.03);
  EXPECT_LT(report.majority_accuracy, 0.25 + 0.06);
}

}  // namespace
}  // namespace retrace::data
