// What every reward must keep to, on texts made of the pieces that hacks are made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdlib>

#include "reward/builtin_rewards.h"
#include "reward/rubric.h"
#include "reward/rules_judge.h"

namespace retrace::reward {
namespace {

// The same cases in every run; RC_PARAMS from outside comes first.
const int kSeeded = setenv("RC_PARAMS", "seed=20260101 max_success=300", /*overwrite=*/0);

std::vector<std::unique_ptr<RewardFn>> all_single_rewards() {
  std::vector<std::unique_ptr<RewardFn>> rewards;
  for (const std::string& name : builtin_reward_names()) {
    static const RulesJudge judge;
    AnyReward made = default_reward(name)({&judge});
    if (auto* single = std::get_if<std::unique_ptr<RewardFn>>(&made))
      rewards.push_back(std::move(*single));
  }
  return rewards;
}

// Answers of every kind of sample.
const std::vector<std::string>& right_answers() {
  static const std::vector<std::string> answers = {"A",
                                                   "B",
                                                   "3.5 m",
                                                   "4",
                                                   "3 o'clock",
                                                   "2 to 6",
                                                   "[0,0,2,2]",
                                                   "[1,2,3]",
                                                   "[[0,0],[1,1]]",
                                                   "turn left, go straight",
                                                   "",
                                                   "-1",
                                                   "0"};
  return answers;
}

data::Sample sample_of(const std::string& answer) {
  data::Sample sample;
  sample.answer = answer;
  sample.solution = "<think>x</think> <answer>" + answer + "</answer>";
  if (answer.find("turn") != std::string::npos) {
    sample.task = data::Task::kRoute;  // an open question
  } else {
    sample.options = {"turn left, go straight", "go straight, turn right", "sofa", ""};
  }
  return sample;
}

rc::Gen<std::string> hostile_text() {
  const auto piece = rc::gen::element<std::string>(
      "<think>", "</think>", "<answer>", "</answer>", "A", "B", "(A)", "a", " or ", "A B C D", "1",
      "-", ".", "e", "9999999999999999999999", "inf", "nan", "[", "]", "(", ")", ",", " to ",
      "turn left", "go straight", "sofa", " then ", "answer is A", "3 o'clock", "m", "km/h", "\n",
      "\xE2\x86\x92", "\xFF\xFE", std::string(1, '\0'), "\xD0\x90", "<answer", "180");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& part : pieces) text += part;
                        return text;
                      });
}

// Of the whole text, or of it as thought or answer.
rc::Gen<std::string> hostile_completion() {
  return rc::gen::oneOf(hostile_text(),
                        rc::gen::map(hostile_text(),
                                     [](const std::string& text) {
                                       return "<think>x</think> <answer>" + text + "</answer>";
                                     }),
                        rc::gen::map(hostile_text(), [](const std::string& text) {
                          return "<think>" + text + "</think> <answer>A</answer>";
                        }));
}

RC_GTEST_PROP(EveryReward, IsFiniteAndBounded, ()) {
  const std::string text = *hostile_completion();
  const data::Sample sample = sample_of(*rc::gen::elementOf(right_answers()));
  for (const auto& reward : all_single_rewards()) {
    const std::optional<double> value = reward->score({text, false, sample, 100});
    RC_ASSERT(!value || (std::isfinite(*value) && *value >= -1 && *value <= 1));
    RC_ASSERT(reward->score({text, false, sample, 100}) == value);
  }
}

RC_GTEST_PROP(EveryReward, IsMissingForTheSamplesItSaysAreUnfit, ()) {
  const std::string text = *hostile_completion();
  const data::Sample sample = sample_of(*rc::gen::elementOf(right_answers()));
  for (const auto& reward : all_single_rewards()) {
    const bool is_unfit = !reward->why_unfit(sample).empty();
    RC_ASSERT(is_unfit == !reward->score({text, false, sample, 100}).has_value());
  }
}

// Whatever a text says, it cannot be right for more than one letter.
RC_GTEST_PROP(StrictLetter, PaysAtMostOneOfTheLetters, ()) {
  const std::string text = *hostile_completion();
  const AnyReward made = default_reward("letter")({});
  double paid = 0;
  for (const char* letter : {"A", "B", "C", "D"}) {
    const data::Sample sample = sample_of(letter);
    paid += *std::get<std::unique_ptr<RewardFn>>(made)->score({text, false, sample});
  }
  RC_ASSERT(paid <= 1);
}

TEST(EveryReward, TakesLongTexts) {
  std::vector<std::string> texts;
  for (const std::string_view piece :
       {"<think>", "<answer>",    "[",    "[[",         "(1,",
        "1,",      "-1",          "9",    ".",          ",",
        " ",       "\n",          "a",    "A ",         "then ",
        "left ",   "turn left, ", "1. ",  "1 to 2, ",   "answer is A ",
        "option ", "'",           "\xE2", "sofa sofa ", "e9",
        "- "}) {
    std::string text;
    while (text.size() < 20'000) text += piece;
    texts.push_back("<think>" + text + "</think><answer>A</answer>");
    texts.push_back("<think>x</think><answer>" + text + "</answer>");
    texts.push_back(std::move(text));
  }
  const auto rewards = all_single_rewards();
  for (const char* answer : {"A", "3.5 m", "2 to 6", "turn left, go straight"}) {
    const data::Sample sample = sample_of(answer);
    for (const std::string& text : texts) {
      for (const auto& reward : rewards) {
        const std::optional<double> value = reward->score({text, false, sample, 100});
        ASSERT_TRUE(!value || std::isfinite(*value)) << reward->name() << " " << text.substr(0, 40);
      }
    }
  }
}

}  // namespace
}  // namespace retrace::reward
