// The averages of the paper's Tables 1 to 4 (arXiv 2503.12542v2), recomputed from their columns.
#include "tools/st_eval/columns.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace retrace::st_eval {
namespace {

// Printed numbers have one decimal, so a mean of them is off by at most half a unit, halves of
// doubles included.
constexpr double kRounding = 0.05 + 1e-9;
// Cells of Table 2 are means of 0 to 5, rounded to two decimals and times 20: each is off by up to
// 0.1, and so is their average, which the paper took before rounding.
constexpr double kRoundingOfPoints = 0.2;

struct Table1Row {
  const char* model;
  double strong, total;
  std::array<double, 8> columns;
};

constexpr std::array<Table1Row, 10> kTable1 = {{
    {"Openai-o3-mini", 41.8, 45.8, {21.6, 46.4, 43.9, 55.1, 25.3, 28.6, 73.5, 71.7}},
    {"Gemini-2.0 Flash", 42.1, 47.3, {23.2, 36.4, 52.0, 56.8, 29.9, 27.3, 76.2, 76.3}},
    {"Gemini-1.5 Pro", 40.4, 45.2, {16.0, 36.2, 46.7, 62.8, 21.5, 26.3, 78.1, 74.0}},
    {"Qwen2-VL-7B", 44.8, 58.8, {31.0, 33.0, 52.6, 62.4, 71.0, 67.1, 76.3, 76.7}},
    {"InternVL2.5-8B", 50.6, 62.2, {41.8, 48.0, 56.7, 55.7, 80.9, 76.1, 72.5, 65.8}},
    {"Qwen2.5-VL-7B", 49.9, 62.4, {37.8, 43.4, 54.8, 63.7, 75.7, 70.1, 78.6, 74.8}},
    {"InternVL2.5-78B", 51.8, 63.3, {43.2, 51.2, 56.0, 56.8, 79.6, 75.9, 74.8, 68.9}},
    {"LLaVA-OneVision-7B", 51.5, 63.9, {36.8, 39.2, 67.7, 62.3, 79.1, 74.9, 76.5, 74.3}},
    {"LLaVA-OneVision-72B", 53.7, 65.6, {39.8, 44.6, 64.4, 65.8, 74.1, 69.8, 87.9, 78.5}},
    {"Qwen2.5-VL-72B", 57.4, 69.0, {42.6, 50.6, 63.9, 72.3, 78.0, 75.9, 83.6, 84.7}},
}};

// Average and three parts, forward and reverse of each.
struct PartsRow {
  const char* model;
  std::array<double, 8> cells;
};

constexpr std::array<PartsRow, 10> kTable2 = {{
    {"Openai-o3-mini", {21.6, 46.4, 16.0, 46.2, 24.6, 43.1, 24.0, 50.0}},
    {"Gemini-2.0 Flash", {23.2, 36.4, 26.6, 45.6, 17.7, 23.6, 25.4, 40.0}},
    {"Gemini-1.5 Pro", {16.0, 36.2, 18.9, 41.4, 12.0, 28.6, 17.2, 38.4}},
    {"Qwen2-VL-7B", {31.0, 33.0, 23.4, 27.0, 41.2, 41.2, 28.0, 30.8}},
    {"Qwen2.5-VL-7B", {37.8, 43.4, 33.2, 40.2, 46.2, 48.2, 34.2, 41.4}},
    {"Qwen2.5-VL-72B", {42.6, 50.6, 36.4, 49.4, 52.0, 53.4, 39.0, 49.0}},
    {"InternVL2.5-8B", {41.8, 48.0, 37.6, 44.9, 48.8, 53.2, 39.0, 45.6}},
    {"InternVL2.5-78B", {43.2, 51.2, 37.0, 49.2, 51.6, 54.0, 41.0, 50.2}},
    {"LLaVA-OneVision-7B", {36.8, 39.2, 30.4, 34.6, 46.4, 48.0, 33.4, 35.0}},
    {"LLaVA-OneVision-72B", {39.8, 44.6, 34.6, 43.0, 48.2, 48.8, 36.4, 42.4}},
}};

constexpr std::array<PartsRow, 10> kTable3 = {{
    {"Qwen2-VL-7B, 0", {65.4, 68.4, 51.8, 61.5, 69.1, 66.9, 75.4, 76.7}},
    {"Qwen2-VL-7B-sft, 630", {66.2, 68.1, 53.3, 60.8, 69.5, 66.2, 75.7, 77.3}},
    {"SFT+GRPO, 630", {80.3, 83.1, 76.4, 83.7, 84.0, 84.4, 80.4, 81.1}},
    {"ST-CoT, 630", {53.2, 55.3, 47.6, 48.3, 52.5, 56.1, 59.5, 61.5}},
    {"ST-R1, 63", {64.8, 63.5, 54.9, 53.8, 70.9, 71.0, 68.6, 65.6}},
    {"ST-R1, 126", {62.4, 62.1, 53.0, 63.5, 63.4, 63.0, 70.7, 59.8}},
    {"ST-R1, 252", {67.1, 66.2, 59.8, 68.2, 67.5, 66.9, 73.9, 63.6}},
    {"ST-R1, 378", {70.0, 67.8, 56.4, 51.8, 80.4, 82.3, 73.3, 69.4}},
    {"ST-R1, 504", {80.7, 82.6, 75.3, 83.2, 86.5, 84.1, 80.4, 80.5}},
    {"ST-R1, 630", {86.3, 86.1, 82.0, 85.5, 88.1, 85.5, 88.9, 87.2}},
}};

struct Table4Row {
  const char* model;
  std::array<double, 6> cells;  // average, direction, landmark: forward and reverse
};

constexpr std::array<Table4Row, 4> kTable4 = {{
    {"Qwen2-VL-7B on SUN3D", {59.0, 61.8, 45.0, 49.7, 73.0, 73.8}},
    {"ST-R1 on SUN3D", {79.2, 85.3, 74.8, 90.1, 83.5, 80.4}},
    {"Qwen2-VL-7B on HUJI+Self", {60.3, 75.5, 56.6, 77.0, 63.9, 73.9}},
    {"ST-R1 on HUJI+Self", {79.6, 92.1, 77.6, 100.0, 81.5, 84.1}},
}};

void set(Percents& percents, Measure forward, double of_forward, double of_reverse) {
  const auto at = static_cast<size_t>(forward);
  percents[at] = of_forward;
  percents[at + 1] = of_reverse;
}

TEST(PaperTable1, AveragesAreRecomputed) {
  for (const Table1Row& row : kTable1) {
    Percents percents;
    std::ranges::copy(row.columns, percents.begin());
    const Averages averages = averages_of(percents);
    EXPECT_NEAR(averages.strong.value(), row.strong, kRounding) << row.model;
    EXPECT_NEAR(averages.total.value(), row.total, kRounding) << row.model;
  }
}

TEST(PaperTable2, AveragesAreRecomputed) {
  for (const PartsRow& row : kTable2) {
    Percents percents;
    set(percents, Measure::kRouteDirectionForward, row.cells[2], row.cells[3]);
    set(percents, Measure::kRouteLandmarkForward, row.cells[4], row.cells[5]);
    set(percents, Measure::kRouteSemanticsForward, row.cells[6], row.cells[7]);
    const Averages averages = averages_of(percents);
    for (const size_t d : {0, 1})
      EXPECT_NEAR(averages.route[d].value(), row.cells[d], kRoundingOfPoints) << row.model;
  }
}

TEST(PaperTable3, AveragesAreRecomputed) {
  for (const PartsRow& row : kTable3) {
    Percents percents;
    set(percents, Measure::kDirectionForward, row.cells[2], row.cells[3]);
    set(percents, Measure::kLandmarkForward, row.cells[4], row.cells[5]);
    set(percents, Measure::kActionForward, row.cells[6], row.cells[7]);
    const Averages averages = averages_of(percents);
    for (const size_t d : {0, 1})
      EXPECT_NEAR(averages.choice[d].value(), row.cells[d], kRounding) << row.model;
  }
}

TEST(PaperTable4, AveragesAreRecomputed) {
  for (const Table4Row& row : kTable4) {
    Percents percents;
    set(percents, Measure::kDirectionForward, row.cells[2], row.cells[3]);
    set(percents, Measure::kLandmarkForward, row.cells[4], row.cells[5]);
    const Averages averages = averages_of(percents);
    for (const size_t d : {0, 1})
      EXPECT_NEAR(averages.outside[d].value(), row.cells[d], kRounding) << row.model;
  }
}

TEST(Averages, OverAMissingColumnAreMissing) {
  for (size_t missing = 0; missing < kNumColumns; ++missing) {
    Percents percents;
    for (size_t column = 0; column < kNumColumns; ++column)
      if (column != missing) percents[column] = 50;
    const Averages averages = averages_of(percents);
    EXPECT_FALSE(averages.total);
    EXPECT_EQ(averages.strong.has_value(), missing >= 4);
    EXPECT_FALSE(averages.route[0]);
  }
}

TEST(ColumnOf, IsTheOrderOfTable1) {
  using data::Task, data::TravelDirection;
  EXPECT_EQ(column_of(Task::kRoute, TravelDirection::kForward), Measure::kRouteForward);
  EXPECT_EQ(column_of(Task::kDirection, TravelDirection::kReverse), Measure::kDirectionReverse);
  EXPECT_EQ(column_of(Task::kLandmark, TravelDirection::kForward), Measure::kLandmarkForward);
  EXPECT_EQ(column_of(Task::kAction, TravelDirection::kReverse), Measure::kActionReverse);
  EXPECT_EQ(column_of(Task::kUnknown, TravelDirection::kReverse), std::nullopt);
  EXPECT_EQ(column_of(Task::kAction, TravelDirection::kUnknown), std::nullopt);
}

}  // namespace
}  // namespace retrace::st_eval
