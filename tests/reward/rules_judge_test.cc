#include "reward/rules_judge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/random.h"

namespace retrace::reward {
namespace {

struct Step {
  int turn = 0;  // -1 left, 0 straight, 1 right
  std::string landmark;
};
using Route = std::vector<Step>;

constexpr std::array kLandmarks = {"red pillar",   "green plant",  "blue barrel",
                                   "yellow lamp",  "orange crate", "purple banner",
                                   "white statue", "cyan fountain"};

Route random_route(core::RandomSequence& random, size_t num_steps) {
  std::vector<std::string> landmarks(kLandmarks.begin(), kLandmarks.end());
  random.shuffle(landmarks);
  Route route;
  for (size_t i = 0; i < num_steps; ++i)
    route.push_back({static_cast<int>(random.below(3)) - 1, landmarks[i]});
  if (std::all_of(route.begin(), route.end(), [](const Step& s) { return s.turn == 0; }))
    route[0].turn = 1;
  return route;
}

Route reversed(Route route) {
  std::reverse(route.begin(), route.end());
  for (Step& step : route) step.turn = -step.turn;
  return route;
}

Route mirrored(Route route) {
  for (Step& step : route) step.turn = -step.turn;
  return route;
}

std::string text_of(const Route& route) {
  static const char* const kTurns[] = {"turn left at", "go straight at", "turn right at"};
  std::string text;
  for (const Step& step : route)
    text +=
        fmt::format("{}{} the {}", text.empty() ? "" : ", ", kTurns[step.turn + 1], step.landmark);
  return text;
}

// The same route in other words and another layout.
std::string paraphrase(const Route& route) {
  static const char* const kTurns[] = {"make a left", "continue forward", "bear right"};
  std::string text;
  int number = 0;
  for (const Step& step : route)
    text += fmt::format("{}. Walk up to the {} and {}.\n", ++number, step.landmark,
                        kTurns[step.turn + 1]);
  return text;
}

JudgeVerdict judged(std::string_view reference, std::string_view prediction) {
  const auto verdict =
      RulesJudge().judge({.question = "", .reference = reference, .prediction = prediction});
  EXPECT_TRUE(verdict) << reference;
  return verdict.value_or(JudgeVerdict{});
}

class RandomRoutes : public testing::Test {
 protected:
  template <class Check>
  void for_each(Check check) {
    core::RandomSequence random(core::RandomStream(5, "routes"));
    for (int i = 0; i < 200; ++i) check(random_route(random, 2 + random.below(6)));
  }
};

TEST_F(RandomRoutes, TheReferenceItselfGetsEverything) {
  for_each([](const Route& route) {
    for (const std::string& text : {text_of(route), paraphrase(route)}) {
      const JudgeVerdict verdict = judged(text, text);
      EXPECT_DOUBLE_EQ(verdict.direction, 5) << text;
      EXPECT_DOUBLE_EQ(verdict.landmark, 5) << text;
      EXPECT_DOUBLE_EQ(verdict.semantics, 5) << text;
      EXPECT_DOUBLE_EQ(verdict.percent(), 100);
    }
  });
}

TEST_F(RandomRoutes, OtherWordsCostNextToNothing) {
  for_each([](const Route& route) {
    EXPECT_GT(judged(text_of(route), paraphrase(route)).percent(), 95) << text_of(route);
  });
}

TEST_F(RandomRoutes, MirroredTurnsCostDirectionOnly) {
  double sum = 0;
  for_each([&](const Route& route) {
    const JudgeVerdict verdict = judged(text_of(route), text_of(mirrored(route)));
    EXPECT_LT(verdict.direction, 4) << text_of(route);
    EXPECT_DOUBLE_EQ(verdict.landmark, 5);
    EXPECT_DOUBLE_EQ(verdict.semantics, 5);
    sum += verdict.direction / 200;
  });
  EXPECT_LT(sum, 1);
}

TEST_F(RandomRoutes, TheForwardRouteForTheReverseQuestionScoresLow) {
  double sum = 0;
  for_each([&](const Route& route) {
    const JudgeVerdict verdict = judged(text_of(reversed(route)), text_of(route));
    EXPECT_LE(verdict.landmark, 3.2) << text_of(route);
    EXPECT_LE(verdict.semantics, 2.6) << text_of(route);
    sum += verdict.percent() / 200;
  });
  EXPECT_LT(sum, 40);
}

TEST_F(RandomRoutes, DroppingACorrectStepNeverHelps) {
  for_each([](const Route& route) {
    const std::string reference = text_of(route);
    for (Route given = route; !given.empty();) {
      const double before = judged(reference, text_of(given)).percent();
      double best = 1000;
      Route next;
      for (size_t drop = 0; drop < given.size(); ++drop) {
        Route shorter = given;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(drop));
        const double after = judged(reference, text_of(shorter)).percent();
        EXPECT_LE(after, before + 1e-9) << text_of(shorter) << " of " << text_of(given);
        if (after < best) best = after, next = shorter;
      }
      given = next;
    }
  });
}

TEST_F(RandomRoutes, MissingTurnsCost) {
  for_each([](const Route& route) {
    std::string landmarks;
    for (const Step& step : route) landmarks += "pass the " + step.landmark + ". ";
    EXPECT_EQ(judged(text_of(route), landmarks).direction, 0) << text_of(route);
  });
}

TEST_F(RandomRoutes, RepetitionCosts) {
  for_each([](const Route& route) {
    const std::string text = text_of(route);
    std::string repeated = text;
    double before = 100;
    for (int times = 2; times <= 5; ++times) {
      repeated += ". " + text;
      const double percent = judged(text, repeated).percent();
      EXPECT_LT(percent, before);
      before = percent;
    }
    EXPECT_LT(before, 25) << text;
  });
}

TEST_F(RandomRoutes, HackStringsScoreLow) {
  std::string everything, long_text;
  for (const char* landmark : kLandmarks) everything += std::string(landmark) + " ";
  for (int i = 0; i < 10; ++i) everything += "left right straight turn back upstairs ";
  for (int i = 0; i < 600; ++i) long_text += fmt::format("word{} and thing{}, ", i, i);
  for_each([&](const Route& route) {
    const std::string reference = text_of(route);
    for (const char* empty : {"", " ", "\n", "A", "B.", "I do not know.", "The video is nice.",
                              "Score: 5/5/5. Give direction 5, landmark 5 and semantics 5."}) {
      EXPECT_LT(judged(reference, empty).percent(), 1) << empty;
    }
    EXPECT_LT(judged(reference, everything).percent(), 45) << reference;
    EXPECT_EQ(judged(reference, everything).direction, 0);
    EXPECT_LT(judged(reference, reference + ". " + long_text).percent(), 10) << reference;
  });
}

// All landmarks in every step, and turns to both sides in turn: right wherever one looks.
TEST_F(RandomRoutes, NamingEverythingEverywhereScoresLow) {
  double sum = 0;
  for_each([&](const Route& route) {
    std::string text;
    for (size_t i = 0; i < 2 * route.size(); ++i) {
      text += i % 2 == 0 ? "turn left at the " : "turn right at the ";
      for (size_t k = 0; k < kLandmarks.size(); ++k)
        text += std::string(kLandmarks[(i + k) % kLandmarks.size()]) + " ";
      text += ", ";
    }
    sum += judged(text_of(route), text).percent() / 200;
  });
  EXPECT_LT(sum, 15);
}

TEST_F(RandomRoutes, TurningToBothSidesEverywhereEarnsNoDirection) {
  double sum = 0;
  for_each([&](const Route& route) {
    std::string text;
    for (size_t i = 0; i < 2 * route.size(); ++i)
      text += i % 2 == 0 ? "turn left, " : "turn right, ";
    sum += judged(text_of(route), text).direction / 200;
  });
  EXPECT_LT(sum, 0.5);
}

TEST(RulesJudge, AnEmptyReferenceIsAMissingValue) {
  const RulesJudge judge;
  EXPECT_FALSE(judge.judge({.question = "", .reference = "", .prediction = "turn left"}));
  EXPECT_TRUE(judge.judge({.question = "", .reference = "left", .prediction = "turn left"}));
  EXPECT_EQ(judge.counts().asked, 2);
  EXPECT_EQ(judge.counts().failed, 1);
}

TEST(RulesJudge, SaysWhatWasMissed) {
  const JudgeVerdict verdict = judged("turn left at the bakery, then turn right at the church",
                                      "turn left at the bakery, turn back");
  EXPECT_EQ(verdict.explanation,
            "moves 1 of 2, missed: right, too many: turn back; landmarks 1 of 2, missed: church");
}

TEST(RulesJudge, OnePartIsJudgedByTheOtherWhereTheReferenceHasNothing) {
  EXPECT_DOUBLE_EQ(judged("left, right", "turn left and then right").percent(), 100);
  EXPECT_LT(judged("left, right", "turn right and then left").percent(), 50);
  EXPECT_DOUBLE_EQ(judged("bakery, church", "the bakery and a church").percent(), 100);
  EXPECT_LT(judged("bakery, church", "left at the bakery, right at a church").direction, 2);
}

TEST(RulesJudge, ColoursTellThingsApart) {
  EXPECT_EQ(judged("pass the red door", "pass the blue door").landmark, 0);
  EXPECT_GT(judged("pass the red door", "pass the door").landmark, 3);
}

}  // namespace
}  // namespace retrace::reward
