// Evaluation: the interval against tabulated values, the counts against a recount, and ranks that
// share the samples.
#include "rl/evaluation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "distributed/fake_communicator.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/thread_communicator.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(WilsonInterval, AgreesWithTabulatedValues) {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  const auto expect = [](int64_t correct, int64_t total, double low, double high) {
    const Interval interval = wilson_interval(correct, total);
    EXPECT_NEAR(interval.low, low, 5e-5) << correct << "/" << total;
    EXPECT_NEAR(interval.high, high, 5e-5) << correct << "/" << total;
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0.0, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(WilsonInterval, StaysInsideZeroAndOne) {
  EXPECT_EQ(wilson_interval(0, 5).low, 0);
  EXPECT_EQ(wilson_interval(5, 5).high, 1);
  EXPECT_NEAR(wilson_interval(5, 5).low, 1 - wilson_interval(0, 5).high, 1e-12);
}

TEST(WilsonInterval, OfNothingIsEverything) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

std::vector<data::Sample> text_samples(int64_t count) {
  std::vector<data::Sample> samples;
  for (int64_t i = 0; i < count; ++i) {
    data::Sample& sample = samples.emplace_back();
    sample.index = i;
    sample.problem = fmt::format("Question {}", i);
    sample.answer = 'A';
    sample.task = i % 2 == 0 ? data::Task::kDirection : data::Task::kLandmark;
    sample.direction =
        i % 3 == 0 ? data::TravelDirection::kForward : data::TravelDirection::kReverse;
  }
  return samples;
}

class Evaluation : public ::testing::Test {
 protected:
  Evaluation() {
    config_.run.seed = 3;
    config_.rollout.max_new_tokens = 5;
    config_.rollout.tile_rows = 4;
    config_.eval.temperature = 1.0;
  }
  EvalResult evaluate_on(distributed::Communicator& communicator,
                         const std::vector<data::Sample>& samples,
                         const std::filesystem::path& details, bool blind = false) {
    model::ModelConfig model_config = test::tiny_config();
    model_config.max_positions = max_positions_;
    model::QwenVl model(model_config, test::tiny_model().weights());  // its own: ranks are threads
    data::FrameCache frames({}, 0);
    const model::Processor processor = model::family_processor(model.config().family);
    const PromptBuilder prompts({test::tiny_tokenizer(), model.config(), processor, frames}, {});
    const RunContext context{config_, communicator, model, test::tiny_tokenizer(), prompts};
    return evaluate(context, samples, blind, details);
  }
  static std::vector<nlohmann::json> lines_of(const std::filesystem::path& details) {
    std::istringstream text(core::read_text_file(details));
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  test::TemporaryFolder folder_;
  RunConfig config_;
  std::optional<int64_t> max_positions_;
};

TEST_F(Evaluation, CountsEverySampleInItsGroups) {
  distributed::FakeCommunicator communicator;
  const EvalResult result = evaluate_on(communicator, text_samples(12), folder_ / "details.jsonl");
  std::map<std::string, int64_t> totals;
  for (const auto& [name, count] : result.groups) totals[name] = count.total;
  EXPECT_THAT(totals, ElementsAre(Pair("all", 12), Pair("direction/forward", 2),
                                  Pair("direction/reverse", 4), Pair("forward", 4),
                                  Pair("landmark/forward", 2), Pair("landmark/reverse", 4),
                                  Pair("reverse", 8)));
  const std::vector<nlohmann::json> lines = lines_of(folder_ / "details.jsonl");
  ASSERT_EQ(lines.size(), 12u);
  int64_t correct = 0, answered = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["sample"], i);
    correct += lines[i]["correct"].get<bool>() ? 1 : 0;
    answered += lines[i]["letter"].is_null() ? 0 : 1;
  }
  EXPECT_EQ(result.all().correct, correct);
  EXPECT_EQ(result.all().answered, answered);
}

TEST_F(Evaluation, IsTheSameForEveryNumberOfRanks) {
  const std::vector<data::Sample> samples = text_samples(7);  // not a multiple of 2, 3 or 9
  distributed::FakeCommunicator alone;
  evaluate_on(alone, samples, folder_ / "alone.jsonl");
  const std::string expected = core::read_text_file(folder_ / "alone.jsonl");
  for (const int num_ranks : {2, 3, 9}) {
    const std::string name = std::to_string(num_ranks) + ".jsonl";
    test::run_ranks(num_ranks, [&](distributed::Communicator& communicator) {
      const EvalResult result = evaluate_on(communicator, samples, folder_ / name);
      EXPECT_EQ(result.all().total, 7);
    });
    EXPECT_EQ(core::read_text_file(folder_ / name), expected) << num_ranks << " ranks";
  }
}

TEST_F(Evaluation, DrawsOtherTextsForTheBlindTwin) {
  distributed::FakeCommunicator communicator;
  evaluate_on(communicator, text_samples(3), folder_ / "seen.jsonl", false);
  evaluate_on(communicator, text_samples(3), folder_ / "blind.jsonl", true);
  EXPECT_NE(core::read_text_file(folder_ / "seen.jsonl"),
            core::read_text_file(folder_ / "blind.jsonl"));
}

TEST_F(Evaluation, RefusesACompletionLongerThanTheModelHasPositions) {
  distributed::FakeCommunicator communicator;
  max_positions_ = 1000;
  EXPECT_EQ(evaluate_on(communicator, text_samples(1), "").all().total, 1);
  config_.rollout.max_new_tokens = 1000;
  EXPECT_THAT(
      test::error_text<core::Error>([&] { evaluate_on(communicator, text_samples(1), ""); }),
      HasSubstr("sample 0: prompt: "));
}

TEST_F(Evaluation, WritesNothingWithoutADetailsFile) {
  distributed::FakeCommunicator communicator;
  EXPECT_EQ(evaluate_on(communicator, text_samples(1), "").all().total, 1);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace retrace::rl
