// What the demonstrations of the released files tell a reader who has not seen the video.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "data/jsonl_dataset.h"
#include "data/open_steps.h"
#include "data/reverse_thought.h"

namespace retrace::data {
namespace {

TEST(ReverseThoughtOfReleasedFiles, TheOpenFormNoLongerPointsAtTheOption) {
  const char* folder = std::getenv("RETRACE_EGOST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "RETRACE_EGOST_DATA does not name the folder";
  DatasetOptions options;
  options.file = std::filesystem::path(folder) / "total_test_mcq_630.jsonl";
  options.check_files = false;
  std::vector<Sample> samples = read_dataset(options);
  ASSERT_EQ(samples.size(), 630u);
  int64_t quoted = 0, open = 0, left_out = 0, steps = 0;
  for (const Sample& sample : samples) {
    std::string said;
    for (const std::string& step : open_steps(sample)) {
      said += step + ", ";
      left_out += step == "..." ? 1 : 0;
      ++steps;
    }
    quoted += gives_answer_away(sample, sample.opposite) ? 1 : 0;
    open += gives_answer_away(sample, said) ? 1 : 0;
  }
  std::printf(
      "the option stands out: %ld of 630 as annotated, %ld open; %ld of %ld steps left out\n",
      quoted, open, left_out, steps);
  EXPECT_GT(quoted, 400);
  EXPECT_EQ(open, 0);
  EXPECT_LT(left_out, 600);
  EXPECT_EQ(set_solutions(samples, ThoughtForm::kReverse, ThoughtFallback::kStop), 0u);
  EXPECT_EQ(set_solutions(samples, ThoughtForm::kReverseOpen, ThoughtFallback::kStop), 0u);
}

}  // namespace
}  // namespace retrace::data
