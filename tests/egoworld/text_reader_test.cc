// The text-only reader that gets most of the released Ego-ST questions right is at chance on
// EgoWorld's.
#include "data/text_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tools/egoworld/question.h"

namespace retrace::egoworld {
namespace {

std::vector<data::TextQuestion> text_questions(int64_t num_junctions, int64_t num_clips) {
  std::vector<data::TextQuestion> questions;
  for (int64_t clip = 0; clip < num_clips; ++clip) {
    for (const Question& question : make_questions(draw_route(79, clip, num_junctions), 79, clip)) {
      data::TextQuestion& text = questions.emplace_back();
      for (const WordSequence& option : question.options) text.options.emplace_back(joined(option));
      text.answer = static_cast<size_t>(question.answer);
      text.group = fmt::format("clip {}", clip);
    }
  }
  return questions;
}

TEST(TextReaderOfEgoWorld, IsAtChance) {
  const data::TextReaderReport report = data::read_without_video(text_questions(3, 600));
  fmt::print(
      "EgoWorld {} questions: {:.3f} +- {:.3f}; chance {:.3f}, majority {:.3f}, random {:.3f}\n",
      report.num_questions, report.accuracy, report.standard_error, report.chance,
      report.majority_accuracy, report.random_label_accuracy);
  EXPECT_LT(report.standard_error, 0.01);
  EXPECT_DOUBLE_EQ(report.chance, 0.25);
  EXPECT_LE(report.accuracy, report.chance + 0.03);
}

}  // namespace
}  // namespace retrace::egoworld
