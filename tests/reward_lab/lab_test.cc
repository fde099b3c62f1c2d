#include "tools/reward_lab/lab.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "tests/rl/temporary_folder.h"
#include "tools/reward_lab/hack_strings.h"
#include "tools/reward_lab/report.h"

namespace retrace::reward_lab {
namespace {

using testing::HasSubstr;

constexpr const char* kStrict = "rewards:\n  - {name: letter, weight: 1.0}\n";
constexpr const char* kReleased = "rewards:\n  - {name: released_letter, weight: 1.0}\n";

nlohmann::ordered_json line_of(int step, int slot, const std::string& text, double reward) {
  return {{"step", step},
          {"slot", slot},
          {"sample", slot},
          {"task", "direction"},
          {"direction", "forward"},
          {"images", nlohmann::json::array()},
          {"videos", {"0.mp4"}},
          {"problem", "Which way? A. left B. right"},
          {"answer", "A"},
          {"question", "Which way?"},
          {"options", {"left", "right"}},
          {"text", text},
          {"num_tokens", 12},
          {"finish", "stop"},
          {"reward", reward},
          {"advantage", 0.0},
          {"reward_parts", nlohmann::json::object()}};
}

std::string answer(std::string_view letter) {
  return fmt::format("<think>x</think> <answer>{}</answer>", letter);
}

class LabTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path) << text;
    return path;
  }
  // Two groups of four: one with one right answer and one that only the released rule takes for
  // right; one where all are wrong.
  void write_rollouts() const {
    std::string text;
    for (const auto& [letter, reward] :
         {std::pair("A", 1.0), {"All of these", 0.0}, {"B", 0.0}, {"C", 0.0}})
      text += line_of(1, 0, answer(letter), reward).dump() + "\n";
    write("step-000001.jsonl", text);
    text.clear();
    for (int i = 0; i < 4; ++i) text += line_of(2, 1, answer("B"), 0).dump() + "\n";
    write("step-000002.jsonl", text);
  }
  LabResults run(const std::vector<Design>& designs) const {
    RolloutReader reader(folder_.path());
    return run_lab(reader, designs, {});
  }
  // One a YAML text; the names are those of the files.
  std::vector<Design> designs(const std::vector<std::pair<std::string, const char*>>& files) const {
    std::vector<Design> list;
    for (const auto& [name, yaml] : files) list.emplace_back(write(name, yaml), nullptr);
    return list;
  }
  test::TemporaryFolder folder_;
};

TEST_F(LabTest, SummarisesDesigns) {
  write_rollouts();
  const LabResults results = run(designs({{"strict.yaml", kStrict}, {"released.yaml", kReleased}}));
  EXPECT_EQ(results.num_files, 2);
  EXPECT_EQ(results.num_completions, 8);
  ASSERT_EQ(results.designs.size(), 3U);
  const DesignSummary &saved = results.designs[0], &strict = results.designs[1],
                      &released = results.designs[2];
  EXPECT_EQ(saved.name, "as saved");
  EXPECT_EQ(strict.name, "strict");
  EXPECT_EQ(strict.totals, saved.totals);
  EXPECT_EQ(strict.num_groups, 2);
  EXPECT_EQ(strict.num_dead, 1);
  EXPECT_EQ(released.num_dead, 1);
  EXPECT_DOUBLE_EQ(strict.parts.at("letter").raw.mean().value(), 1 / 8.0);
  EXPECT_DOUBLE_EQ(released.parts.at("released_letter").raw.mean().value(), 2 / 8.0);
  // "All of these" is below the mean as saved, above it when the release pays it.
  const PairSummary &same = results.pairs.at({0, 1}), &other = results.pairs.at({1, 2});
  EXPECT_EQ(same.num_flipped, 0);
  EXPECT_DOUBLE_EQ(same.kendall.mean().value(), 1);
  EXPECT_EQ(same.kendall.count, 1);  // the dead group orders nothing
  EXPECT_EQ(other.num_flipped, 1);
  EXPECT_EQ(other.num_completions, 8);
  // {1,0,0,0} and {1,1,0,0}: two concordant pairs, three and four untied ones.
  EXPECT_NEAR(other.kendall.mean().value(), 2 / std::sqrt(12.0), 1e-12);
}

TEST_F(LabTest, ShowsWhichHackPays) {
  write_rollouts();
  const LabResults results = run(designs({{"strict.yaml", kStrict}, {"released.yaml", kReleased}}));
  // The right letter is A in both groups, whose means are 1/4 and 0 (strict), 1/2 and 0 (released).
  const HackSummary &strict = results.designs[1].hacks.at("first_capital"),
                    &released = results.designs[2].hacks.at("first_capital");
  EXPECT_DOUBLE_EQ(strict.reward.mean().value(), 0);
  EXPECT_DOUBLE_EQ(strict.gain.mean().value(), -0.125);
  EXPECT_EQ(strict.above_all, 0);
  EXPECT_DOUBLE_EQ(released.reward.mean().value(), 1);
  EXPECT_DOUBLE_EQ(released.gain.mean().value(), 0.75);
  EXPECT_EQ(released.above_all, 1);
  EXPECT_EQ(results.num_hacked, 2);
}

TEST_F(LabTest, NamesBadLinesAndGoesOn) {
  write("step-000001.jsonl", line_of(1, 0, answer("A"), 1).dump() + "\nnot json\n{\"step\": 1}\n" +
                                 line_of(1, 0, answer("B"), 0).dump() + "\n{\"step\"");
  const LabResults results = run(designs({{"strict.yaml", kStrict}}));
  EXPECT_EQ(results.num_completions, 2);
  ASSERT_EQ(results.bad_lines.size(), 3U);
  EXPECT_EQ(results.bad_lines[0].where, "step-000001.jsonl:2");
  EXPECT_EQ(results.bad_lines[2].where, "step-000001.jsonl:5");
  EXPECT_THAT(lab_markdown(results), HasSubstr("left out step-000001.jsonl:3"));
}

TEST_F(LabTest, ReadsFilesOfOlderRuns) {
  nlohmann::ordered_json line = line_of(1, 0, answer("A"), 1);
  line.erase("options");
  line.erase("question");
  write("step-000001.jsonl", line.dump() + "\n");
  EXPECT_TRUE(run(designs({{"strict.yaml", kStrict}})).bad_lines.empty());
}

// The release pays an equal last number, whatever the letter; solutions hold the numbers.
TEST_F(LabTest, ShowsTheSolutionToRewards) {
  const auto mean_with = [&](const char* solution) {
    nlohmann::ordered_json line = line_of(1, 0, "<think>7</think> <answer>B</answer>", 0);
    if (solution != nullptr) line["solution"] = solution;
    write("step-000001.jsonl", line.dump() + "\n");
    const LabResults results = run(designs({{"released.yaml", kReleased}}));
    EXPECT_TRUE(results.bad_lines.empty());
    return results.designs[1].parts.at("released_letter").raw.mean();
  };
  EXPECT_EQ(mean_with("<think>7 steps</think> <answer>A</answer>"), 1.0);
  EXPECT_EQ(mean_with("<think>8 steps</think> <answer>A</answer>"), 0.0);
  EXPECT_EQ(mean_with(nullptr), 0.0);  // of an older run
}

TEST_F(LabTest, NamesGroupsWithoutShuffledClips) {
  constexpr const char* kContrast =
      "rewards:\n  - {name: letter}\n  - {name: temporal_contrast, weight: 0.5}\n";
  write_rollouts();
  const LabResults without = run(designs({{"contrast.yaml", kContrast}, {"strict.yaml", kStrict}}));
  EXPECT_EQ(without.designs[1].num_without_shuffled, 2);
  EXPECT_EQ(without.designs[1].parts.at("temporal_contrast").missing, 8);
  EXPECT_EQ(without.designs[1].num_unknown, 8);
  EXPECT_EQ(without.designs[2].num_without_shuffled, 0);
  EXPECT_THAT(lab_markdown(without), HasSubstr("- contrast: 2 of 2 groups have no completions"));
  EXPECT_THAT(lab_json(without), HasSubstr("\"groups_without_shuffled\": 2"));
  write("shuffled-000001.jsonl", line_of(1, 0, answer("B"), 0).dump() + "\n");
  const LabResults with_one = run(designs({{"contrast.yaml", kContrast}}));
  EXPECT_EQ(with_one.designs[1].num_without_shuffled, 1);
  EXPECT_EQ(with_one.designs[1].parts.at("temporal_contrast").raw.count, 4);
  EXPECT_EQ(with_one.designs[1].parts.at("temporal_contrast").missing, 4);
}

TEST_F(LabTest, RefusesAFolderWithoutRollouts) {
  EXPECT_THROW(RolloutReader(folder_.path()), core::DataError);
  EXPECT_THROW(RolloutReader(folder_.path() / "missing"), core::DataError);
}

TEST_F(LabTest, TakesTheRewardSectionOfARecipe) {
  const Design design(
      write("recipe.yaml", "model: {path: x}\nreward:\n  rewards:\n    - {name: letter}\n"),
      nullptr);
  EXPECT_THAT(design.part_names(), testing::ElementsAre("letter"));
  EXPECT_THROW(Design(write("typo.yaml", "rewards:\n  - {name: leter}\n"), nullptr),
               core::ConfigError);
  EXPECT_THROW(Design(write("extra.yaml", std::string(kStrict) + "x: 1\n"), nullptr),
               core::ConfigError);
}

TEST_F(LabTest, PagesShowEveryDesignAndHack) {
  write_rollouts();
  const LabResults results = run(designs({{"<b>.yaml", kStrict}}));
  const std::string html = lab_html(results), markdown = lab_markdown(results);
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(html, testing::Not(HasSubstr("<script")));
  for (const std::string& hack : results.hack_names) {
    EXPECT_THAT(markdown, HasSubstr("| " + hack + " |"));
    EXPECT_THAT(lab_json(results), HasSubstr(hack));
  }
}

TEST(HackStrings, AreFifteenOrMoreAndDoNotLookAtTheAnswer) {
  data::Sample sample;
  sample.problem = "Which way?";
  sample.options = {"left", "right", "back"};
  sample.answer = "C";
  const std::vector<HackString> hacks = hack_strings(sample);
  std::set<std::string> names, texts;
  for (const HackString& hack : hacks) {
    names.insert(hack.name);
    texts.insert(hack.text);
  }
  EXPECT_GE(hacks.size(), 15U);
  EXPECT_EQ(names.size(), hacks.size());
  EXPECT_EQ(texts.size(), hacks.size());
  sample.answer = "A";
  for (size_t i = 0; i < hacks.size(); ++i) EXPECT_EQ(hack_strings(sample)[i].text, hacks[i].text);
}

}  // namespace
}  // namespace retrace::reward_lab
