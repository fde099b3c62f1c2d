// The report page: charts against hand-computed coordinates, hostile text, missing parts, broken
// files.
#include "rl/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "rl/html.h"
#include "rl/report_charts.h"
#include "rl/run_records.h"
#include "rl/svg_chart.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A fresh folder that goes away with the test.
class ReportFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / fmt::format("retrace-report-{}-{}", test->name(), getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "rollouts");
    fs::create_directories(folder_ / "evaluations");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
  }
  std::string report() const {
    write_report(folder_);
    return core::read_text_file(folder_ / "report.html");
  }

  fs::path folder_;
};

// The tags of a page that are opened and closed in the wrong order; empty for a well-formed page.
std::string first_unbalanced_tag(const std::string& html) {
  std::vector<std::string> open;
  const size_t style_end = html.find("</style>");
  for (size_t at = html.find('<', html.find("<html")); at != std::string::npos;
       at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return html.substr(at, 40);
    const bool closing = html[at + 1] == '/';
    const size_t name_begin = at + (closing ? 2 : 1);
    const std::string name =
        html.substr(name_begin, html.find_first_of(" >/\n", name_begin) - name_begin);
    if (name == "meta" || html[end - 1] == '/') continue;
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + ">";
    } else {
      open.pop_back();
    }
    if (name == "style" && !closing) at = style_end - 1;
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

std::string rollout_line(int slot, double reward, const std::string& text) {
  return fmt::format(
      R"({{"step":1,"slot":{},"sample":0,"task":"route","direction":"forward","images":[],"videos":["v.mp4"],"problem":"Where?","answer":"B",)"
      R"("completion_index":0,"text":"{}","num_tokens":3,"finish":"stop","logprob_mean":-1,"policy_version":0,)"
      R"("reward_parts":{{"letter":{},"judge":null}},"reward":{},"advantage":0.5}})"
      "\n",
      slot, text, reward, reward);
}

TEST(NiceTicks, AreRoundMultiplesInsideTheRange) {
  EXPECT_THAT(nice_ticks(0, 1, 5),
              Pointwise(::testing::DoubleNear(1e-12), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_THAT(nice_ticks(-3, 12, 5), Pointwise(::testing::DoubleNear(1e-12), {0.0, 5.0, 10.0}));
  EXPECT_THAT(nice_ticks(0, 7e-7, 5),
              Pointwise(::testing::DoubleNear(1e-18), {0.0, 2e-7, 4e-7, 6e-7}));
}

TEST(NiceTicks, AreFewForEveryMagnitude) {
  for (double size = 1e-12; size < 1e12; size *= 3.7) {
    for (const double low : {-1.3 * size, 0.0, 0.7 * size}) {
      const std::vector<double> ticks = nice_ticks(low, low + size, 5);
      EXPECT_GE(ticks.size(), 1u) << low << " " << size;
      EXPECT_LE(ticks.size(), 6u) << low << " " << size;
      EXPECT_GE(ticks.front(), low - 1e-6 * size);
      EXPECT_LE(ticks.back(), low + size + 1e-6 * size);
    }
  }
}

TEST(FormatTick, IsShort) {
  EXPECT_EQ(format_tick(0), "0");
  EXPECT_EQ(format_tick(0.30000000000000004), "0.3");
  EXPECT_EQ(format_tick(-1500), "-1500");
  EXPECT_EQ(format_tick(2e-7), "2e-07");
  EXPECT_EQ(format_tick(3e6), "3e+06");
}

TEST(RunningMean, IsTheMeanOfFiniteNeighbours) {
  const std::vector<ChartPoint> points = {{1, 2}, {2, 4}, {3, kNaN}, {4, 9}, {5, 3}};
  const std::vector<ChartPoint> means = running_mean(points, 3);
  EXPECT_DOUBLE_EQ(means[0].y, 3);  // 2, 4
  EXPECT_DOUBLE_EQ(means[1].y, 3);  // 2, 4
  EXPECT_TRUE(std::isnan(means[2].y));
  EXPECT_DOUBLE_EQ(means[3].y, 6);  // 9, 3
  EXPECT_DOUBLE_EQ(means[4].y, 6);
}

TEST(RunningMean, DoesNotMixStages) {
  const std::vector<ChartPoint> points = {{1, 100}, {2, 100}, {3, 0}, {4, 0}};
  const std::vector<ChartPoint> means = running_mean(points, 3, {1, 3});
  EXPECT_DOUBLE_EQ(means[1].y, 100);
  EXPECT_DOUBLE_EQ(means[2].y, 0);
}

TEST(SvgChart, PlacesTheCornersOfTheDataInTheCornersOfThePlot) {
  LineChart chart;
  chart.y_min = 0;
  chart.y_max = 1;
  chart.series = {{"a", {{0, 0}, {10, 1}}}};
  // The plot is x 62 to 546, y 226 (bottom) to 26 (top) of 560 x 260.
  EXPECT_THAT(render_svg(chart), HasSubstr("d=\"M62.00 226.00h0L546.00 26.00\""));
}

TEST(SvgChart, BreaksTheLineAtMissingValues) {
  LineChart chart;
  chart.y_min = 0;
  chart.y_max = 1;
  chart.series = {{"a", {{0, 0}, {5, kNaN}, {10, 1}}}};
  EXPECT_THAT(render_svg(chart), HasSubstr("d=\"M62.00 226.00h0M546.00 26.00h0\""));
}

TEST(SvgChart, DrawsConstantAndSinglePoints) {
  LineChart chart;
  chart.series = {{"a", {{3, 7}}}};
  const std::string svg = render_svg(chart);
  EXPECT_THAT(svg, HasSubstr("M304.00 126.00h0"));  // the middle
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(SvgChart, HasALegendForSeveralSeries) {
  LineChart chart;
  chart.series = {{"a < b", {{0, 1}}}};
  EXPECT_EQ(render_legend(chart), "");
  chart.series.push_back({"c", {{0, 2}}, true});
  EXPECT_THAT(render_legend(chart), HasSubstr("2px solid var(--series-0)\"></i>a &lt; b"));
  EXPECT_THAT(render_legend(chart), HasSubstr("2px dashed var(--series-1)\"></i>c"));
}

TEST(SvgChart, SurvivesValuesOfEveryMagnitude) {
  for (const double value : {0.0, -1e-300, 1e-12, 1.0, 1e9, -1e30, 1e300}) {
    LineChart chart;
    chart.series = {{"a", {{1, value}, {2, value}, {3, std::numeric_limits<double>::infinity()}}}};
    const std::string svg = render_svg(chart);
    EXPECT_THAT(svg, Not(HasSubstr("nan"))) << value;
    EXPECT_THAT(svg, Not(HasSubstr("inf"))) << value;
  }
}

TEST(SvgChart, RefusesAChartWithoutPoints) {
  LineChart chart;
  chart.series = {{"a", {{1, kNaN}}}};
  EXPECT_FALSE(has_points(chart));
  EXPECT_THROW(render_svg(chart), core::InternalError);
}

TEST(Html, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(escape_html("<a href=\"x\" b='y'>&"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(escape_html(std::string("a\0b", 3)), "a&#xFFFD;b");
  EXPECT_EQ(escape_html("two\nlines"), "two\nlines");
}

TEST(Html, TurnsAPipeTableIntoRows) {
  const std::string html =
      markdown_table_to_html("| model | right |\n|---|---:|\n| base | 3 < 4 |\n");
  EXPECT_THAT(html, HasSubstr("<th>model</th><th>right</th>"));
  EXPECT_THAT(html, HasSubstr("<td>base</td><td>3 &lt; 4</td>"));
  EXPECT_THAT(html, Not(HasSubstr("---")));
}

TEST_F(ReportFolder, OfAnEmptyRunIsAPageWithoutSections) {
  const std::string html = report();
  EXPECT_EQ(first_unbalanced_tag(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
  EXPECT_THAT(html, Not(HasSubstr("<h2>")));
}

TEST_F(ReportFolder, ShowsResultsCurvesCompletionsAndSetup) {
  write("metrics.jsonl",
        "{\"stage\":\"eval\",\"step\":0,\"eval/accuracy\":0.25,\"eval/accuracy_blind\":0.25}\n"
        "{\"stage\":\"sft\",\"step\":1,\"sft/loss\":2.5,\"time/step_s\":30}\n"
        "{\"stage\":\"grpo\",\"step\":2,\"reward/mean\":0.5,\"reward/letter/mean\":0.5,\"time/"
        "step_s\":31}\n"
        "{\"stage\":\"eval\",\"step\":2,\"eval/accuracy\":0.75}\n");
  write("evaluations/step-000000.jsonl", "{\"answer\":\"A\"}\n{\"answer\":\"C\"}\n");
  write("summary.md", "| model | right |\n|---|---|\n| SFT+GRPO | 75.0 % |\n");
  write("rollouts/step-000001.jsonl", rollout_line(0, 1, "early text"));
  write("rollouts/step-000002.jsonl", rollout_line(4, 0, "late text"));
  write("config.yaml", "run:\n  seed: 17\n");
  write("environment.json", "{\"cpu\": \"abacus\", \"ranks\": 2}");
  const std::string html = report();
  EXPECT_EQ(first_unbalanced_tag(html), "");
  for (const char* part : {"25.0 to 75.0 %", "1 sft, 1 grpo; 1 m 01 s", "<td>SFT+GRPO</td>",
                           "chance (A to C)", "SFT loss", "Reward parts", "early text", "late text",
                           "judge not judged", "seed: 17", "<td>abacus</td>"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, Not(HasSubstr("Gradient norm")));  // never written
}

TEST_F(ReportFolder, IsTheSameForTheSameRun) {
  write("metrics.jsonl", "{\"stage\":\"grpo\",\"step\":1,\"reward/mean\":0.5}\n");
  const std::string first = report();
  EXPECT_EQ(report(), first);
}

TEST_F(ReportFolder, EscapesWhatTheModelWrote) {
  write("rollouts/step-000001.jsonl", rollout_line(0, 1, "<think></pre><script>alert(1)</script>"));
  write("summary.md", "| <img> |\n|---|\n");
  write("config.yaml", "run: </pre><b>\n");
  const std::string html = report();
  EXPECT_EQ(first_unbalanced_tag(html), "");
  EXPECT_THAT(html, HasSubstr("&lt;think&gt;&lt;/pre&gt;&lt;script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
}

TEST_F(ReportFolder, ShowsGroupsWhoseRewardsDifferFirst) {
  std::string lines;
  for (const int slot : {0, 1, 2}) {
    lines += rollout_line(slot, slot == 2 ? 1 : 0, fmt::format("slot {} first", slot));
    lines += rollout_line(slot, 0, fmt::format("slot {} second", slot));
  }
  write("rollouts/step-000001.jsonl", lines);
  const std::string html = report();
  EXPECT_LT(html.find("slot 2 first"), html.find("slot 0 first"));
  EXPECT_THAT(html, Not(HasSubstr("slot 1 first")));  // two groups a step
}

TEST_F(ReportFolder, KeepsMissingValuesOutOfTheCurves) {
  write("metrics.jsonl",
        "{\"stage\":\"grpo\",\"step\":1,\"reward/"
        "mean\":null}\n{\"stage\":\"grpo\",\"step\":2,\"reward/mean\":1}\n");
  const MetricHistory history = read_metric_history(folder_ / "metrics.jsonl");
  ASSERT_EQ(history.points("reward/mean").size(), 2u);
  EXPECT_TRUE(std::isnan(history.points("reward/mean")[0].value));
  EXPECT_THAT(report(), HasSubstr("1.000 to 1.000"));
}

TEST_F(ReportFolder, NamesTheLineThatIsBroken) {
  write("metrics.jsonl", "{\"stage\":\"grpo\",\"step\":1}\n{\"stage\":\"grpo\"\n");
  try {
    write_report(folder_);
    FAIL() << "a broken line passed";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("metrics.jsonl:2: not a line that a run writes"));
  }
}

TEST_F(ReportFolder, NamesTheRolloutLineWithoutAField) {
  write("rollouts/step-000001.jsonl", "{\"slot\": 1}\n");
  try {
    write_report(folder_);
    FAIL() << "a line without text passed";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("step-000001.jsonl:1"));
    EXPECT_THAT(error.what(), HasSubstr("problem"));
  }
}

TEST_F(ReportFolder, RefusesAFolderThatDoesNotExist) {
  try {
    write_report(folder_ / "nowhere");
    FAIL() << "a missing folder passed";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no such run folder"));
  }
}

TEST_F(ReportFolder, TakesTheLargestAnswerLetterForChance) {
  EXPECT_EQ(last_answer_letter(folder_ / "evaluations"), std::nullopt);
  write("evaluations/step-000010.jsonl",
        "{\"answer\":\"B\"}\n{\"answer\":\"D\"}\n{\"answer\":\"turn left\"}\n");
  EXPECT_EQ(last_answer_letter(folder_ / "evaluations"), 'D');
}

}  // namespace
}  // namespace retrace::rl
