#include "reward/route_reward.h"

#include "reward/answer_parser.h"

namespace retrace::reward {

std::optional<double> RouteReward::score(const RewardInput& input) const {
  const data::Sample& sample = input.sample;
  if (!why_unfit(sample).empty()) return std::nullopt;
  if (input.truncated) return 0.0;
  const std::optional<std::string> answer = extract_answer(input.completion);
  if (!answer || answer->empty()) return 0.0;
  const std::optional<JudgeVerdict> verdict =
      judge_->judge({.question = sample.question.empty() ? sample.problem : sample.question,
                     .reference = sample.answer,
                     .prediction = *answer,
                     .direction = sample.direction});
  if (!verdict) return std::nullopt;
  return verdict->percent() / 100;
}

std::string RouteReward::why_unfit(const data::Sample& sample) const {
  const bool is_open = sample.task == data::Task::kRoute && sample.options.empty();
  if (!is_open) return "it is no open question about a route";
  return sample.answer.empty() ? "it has no annotated route" : "";
}

}  // namespace retrace::reward
