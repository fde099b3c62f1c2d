#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.h"
#include "reward/clock_reward.h"
#include "reward/number_parser.h"
#include "reward/number_reward.h"
#include "tests/reward/completions.h"

namespace retrace::reward {
namespace {

using test::answered;
using test::score_answer;

NumberReward number(NumberMeasure measure = NumberMeasure::kTolerance) {
  return NumberReward({.measure = measure});
}

TEST(ParseQuantity, ConvertsUnits) {
  EXPECT_EQ(parse_quantity("3.5")->value, 3.5);
  EXPECT_EQ(parse_quantity(" 3.5 m. ")->value, 3.5);
  EXPECT_EQ(parse_quantity("250cm")->value, 2.5);
  EXPECT_NEAR(parse_quantity("36 km/h")->value, 10, 1e-12);
  EXPECT_EQ(parse_quantity("2 Minutes")->value, 120);
  EXPECT_EQ(parse_quantity("90\xC2\xB0")->value, 90);
  EXPECT_EQ(parse_quantity("-1e-3 km")->value, -1);
  EXPECT_EQ(parse_quantity("1 mph")->dimension, Dimension::kSpeed);
}

TEST(ParseQuantity, RefusesWhatIsNotOneNumber) {
  for (const char* text : {"",         "m",         "three",       "3 4",
                           "3 or 4",   "3, 4",      "1,000",       "a distance of 5 m",
                           "5 m away", "3 parsecs", "inf",         "nan",
                           "-inf",     "1e999",     "infinity m",  "0x10",
                           "--3",      "+-3",       ". 5",         "5 m m",
                           "[5]",      "5 5 m",     "\xEF\xBC\x95"}) {
    EXPECT_FALSE(parse_quantity(text)) << text;
  }
  EXPECT_FALSE(parse_quantity(std::string(10'000, '9')));  // too large for a double
  EXPECT_FALSE(parse_quantity("1e308 km"));
  std::string spread = "5";
  spread.append(10'000, ' ').append(10'000, 'y');
  EXPECT_FALSE(parse_quantity(spread));
}

TEST(LastNumber, IsTheLastOne) {
  EXPECT_EQ(last_number("turn 180 degrees, then 2.5 m"), 2.5);
  EXPECT_EQ(last_number("1e999 and 4"), 4);
  EXPECT_EQ(last_number("no number"), std::nullopt);
  EXPECT_EQ(last_number("a.5"), 0.5);
}

TEST(NumberReward, AllowsTheTolerance) {
  EXPECT_EQ(score_answer(number(), "10 m", "12.5"), 1.0);  // at the boundary
  EXPECT_EQ(score_answer(number(), "10 m", "7.5 m"), 1.0);
  EXPECT_EQ(score_answer(number(), "10 m", "12.6"), 0.0);
  EXPECT_EQ(score_answer(number(), "10 m", "1000 cm"), 1.0);
  EXPECT_EQ(score_answer(number(), "10 m/s", "36 km/h"), 1.0);
  EXPECT_EQ(score_answer(number(), "36 km/h", "36"), 1.0);  // the other's unit
  EXPECT_EQ(score_answer(number(), "10", "10 km"), 1.0);
  EXPECT_EQ(score_answer(number(), "10 m", "10 s"), 0.0);
  EXPECT_EQ(score_answer(number(), "-10", "10"), 0.0);
  EXPECT_EQ(score_answer(number(), "0", "0.0"), 1.0);
  EXPECT_EQ(score_answer(number(), "0", "0.001"), 0.0);
}

TEST(NumberReward, PaysNothingForKnownHacks) {
  for (const char* answer : {"", "10 or 20", "9 10 11", "about 10 m", "10 m 10 m", "nan", "inf",
                             "between 5 and 15", "[10]", "10; 20", "ten"}) {
    EXPECT_EQ(score_answer(number(), "10 m", answer), 0.0) << answer;
  }
  data::Sample sample;
  sample.answer = "10 m";
  EXPECT_EQ(number().score({"10 m", false, sample}), 0.0);  // no tags
  EXPECT_EQ(number().score({answered("10 m"), true, sample}), 0.0);
  EXPECT_EQ(number().score({answered("10 m") + answered("20 m"), false, sample}), 0.0);
}

TEST(NumberReward, IsMissingWhenTheSampleHasNoNumber) {
  EXPECT_EQ(score_answer(number(), "turn left", "10"), std::nullopt);
  data::Sample sample;
  EXPECT_NE(number().why_unfit(sample), "");
}

TEST(MeanRelativeAccuracy, HasTenThresholds) {
  EXPECT_EQ(mean_relative_accuracy(10, 10), 1.0);
  EXPECT_EQ(mean_relative_accuracy(15, 10), 0.1);  // 50 % off: the widest only
  EXPECT_EQ(mean_relative_accuracy(12, 10), 0.7);  // 20 % off: .5 .45 .4 .35 .3 .25 .2
  EXPECT_EQ(mean_relative_accuracy(10.4, 10), 1.0);
  EXPECT_EQ(mean_relative_accuracy(15.1, 10), 0.0);
  EXPECT_EQ(mean_relative_accuracy(0, 0), 1.0);
  EXPECT_EQ(mean_relative_accuracy(1, 0), 0.0);
}

TEST(LogRatio, IsSymmetricInFactors) {
  EXPECT_EQ(log_ratio_score(10, 10, 2), 1.0);
  EXPECT_NEAR(log_ratio_score(10 * std::sqrt(2), 10, 2), 0.5, 1e-12);
  EXPECT_NEAR(log_ratio_score(10 / std::sqrt(2), 10, 2), 0.5, 1e-12);
  EXPECT_EQ(log_ratio_score(20.1, 10, 2), 0.0);
  EXPECT_EQ(log_ratio_score(-10, 10, 2), 0.0);
  EXPECT_EQ(log_ratio_score(-10, -10, 2), 1.0);
  EXPECT_EQ(log_ratio_score(0, 10, 2), 0.0);
}

TEST(NumberMeasures, AreFiniteMonotoneAndScaleFree) {
  core::RandomSequence random(core::RandomStream(1, "numbers"));
  const double extremes[] = {0, 5e-324, 1e-300, 1, 1e300, std::numeric_limits<double>::max()};
  for (const double right : extremes) {
    for (const double predicted : extremes) {
      for (const double sign : {1.0, -1.0}) {
        for (const double value : {within_tolerance(sign * predicted, right, 0.25),
                                   mean_relative_accuracy(sign * predicted, right),
                                   log_ratio_score(sign * predicted, right, 2)}) {
          EXPECT_TRUE(value >= 0 && value <= 1) << sign * predicted << " " << right;
        }
      }
    }
  }
  for (int trial = 0; trial < 2000; ++trial) {
    const double right = std::exp(random.normal());
    const double near = right * (1 + random.uniform(0, 0.6)), far = near + right * 0.05;
    EXPECT_LE(mean_relative_accuracy(far, right), mean_relative_accuracy(near, right));
    EXPECT_LE(log_ratio_score(far, right, 2), log_ratio_score(near, right, 2));
    EXPECT_NEAR(log_ratio_score(8 * near, 8 * right, 2), log_ratio_score(near, right, 2), 1e-12);
    EXPECT_EQ(mean_relative_accuracy(8 * near, 8 * right), mean_relative_accuracy(near, right));
  }
}

TEST(Clock, ReadsHours) {
  for (int hour = 1; hour <= 12; ++hour) {
    EXPECT_EQ(parse_clock_hour(std::to_string(hour)), hour);
    EXPECT_EQ(parse_clock_hour(std::to_string(hour) + " o'clock."), hour);
  }
  EXPECT_EQ(parse_clock_hour("Three O'Clock"), 3);
  EXPECT_EQ(parse_clock_hour("3 o\xE2\x80\x99"
                             "clock"),
            3);
  for (const char* text : {"", "0", "13", "-3", "3 4", "3 or 9 o'clock", "3.5", "o'clock",
                           "three or", "12 3 6 9", "at 3 o'clock", "3 o'clock 9 o'clock"}) {
    EXPECT_FALSE(parse_clock_hour(text)) << text;
  }
}

TEST(Clock, GoesRoundTheDial) {
  for (int a = 1; a <= 12; ++a) {
    EXPECT_EQ(clock_distance(a, a), 0);
    for (int b = 1; b <= 12; ++b) {
      EXPECT_EQ(clock_distance(a, b), clock_distance(b, a));
      int steps = 0;
      for (int c = a; c != b; c = c % 12 + 1) ++steps;
      EXPECT_EQ(clock_distance(a, b), std::min(steps, 12 - steps));
    }
  }
  const ClockReward exact({}), circular({.measure = ClockMeasure::kCircular});
  EXPECT_EQ(score_answer(exact, "12 o'clock", "12"), 1.0);
  EXPECT_EQ(score_answer(exact, "12 o'clock", "11"), 0.0);
  EXPECT_EQ(score_answer(circular, "12 o'clock", "1 o'clock"), 1 - 1 / 6.0);
  EXPECT_EQ(score_answer(circular, "12 o'clock", "6"), 0.0);
  EXPECT_EQ(score_answer(circular, "12 o'clock", "25"), 0.0);
  EXPECT_EQ(score_answer(circular, "noon", "12"), std::nullopt);
}

}  // namespace
}  // namespace retrace::reward
