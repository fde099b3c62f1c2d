#include "tools/st_eval/scoring.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace retrace::st_eval {
namespace {

Verdict problem_verdict(Verdict verdict, Problem problem, std::string reason) {
  verdict.problem = problem;
  verdict.reason = std::move(reason);
  return verdict;
}

Verdict unanswered(Verdict verdict, const Answer& answer) {
  if (answer.truncated)
    return problem_verdict(std::move(verdict), Problem::kTruncated,
                           "stopped by the length limit before an answer");
  return problem_verdict(std::move(verdict), Problem::kUnanswered, "no answer could be read");
}

Verdict judge_choice(Verdict verdict, const Question& question, const Answer& answer) {
  verdict.expected = question.sample.answer;
  if (!question.has_choice())
    return problem_verdict(std::move(verdict), Problem::kNoOptions,
                           "multiple choice without options");
  verdict.choice = choose_letter(answer.text, question.sample.options);
  if (!verdict.choice.letter) return unanswered(std::move(verdict), answer);
  verdict.percent = question.sample.answer == std::string(1, *verdict.choice.letter) ? 100.0 : 0.0;
  return verdict;
}

Verdict judge_route(Verdict verdict, const Question& question, const Answer& answer,
                    const reward::Judge* judge) {
  const std::string text = answer_text(answer.text);
  if (text.empty()) return unanswered(std::move(verdict), answer);
  if (judge == nullptr)
    return problem_verdict(std::move(verdict), Problem::kJudge, "no judge (--judge none)");
  const data::Sample& sample = question.sample;
  const std::string& asked = sample.question.empty() ? sample.problem : sample.question;
  const std::optional<reward::JudgeVerdict> judged =
      judge->judge({asked, sample.answer, text, sample.direction});
  if (!judged)
    return problem_verdict(std::move(verdict), Problem::kJudge,
                           fmt::format("judge '{}' could not judge it", judge->name()));
  constexpr double kPercentAPoint = 20;  // five points are 100 %
  verdict.percent = judged->percent();
  verdict.parts = {judged->direction * kPercentAPoint, judged->landmark * kPercentAPoint,
                   judged->semantics * kPercentAPoint};
  verdict.reason = judged->explanation;
  return verdict;
}

Verdict judge_one(const Question& question, const Answers& answers, const reward::Judge* judge) {
  Verdict verdict;
  verdict.id = question.id;
  verdict.video = question.video;
  verdict.source = question.sample.source;
  verdict.column = question.column;
  if (!question.column)
    return problem_verdict(std::move(verdict), Problem::kNoColumn, "task or direction unknown");
  const auto found = answers.find(question.id);
  if (found == answers.end())
    return problem_verdict(std::move(verdict), Problem::kNoAnswer, "not answered");
  if (!found->second.error.empty())
    return problem_verdict(std::move(verdict), Problem::kMedia, found->second.error);
  if (is_route(*question.column))
    return judge_route(std::move(verdict), question, found->second, judge);
  return judge_choice(std::move(verdict), question, found->second);
}

void add(VideoSums& sums, Measure measure, double percent) {
  MeasureSum& sum = sums[static_cast<size_t>(measure)];
  sum.sum += percent;
  ++sum.count;
}

void add_verdict(const Verdict& verdict, SumsByVideo& videos) {
  VideoSums& sums = videos[verdict.video];
  add(sums, *verdict.column, verdict.percent.value_or(0));
  if (!is_route(*verdict.column)) return;
  const int direction = verdict.column == Measure::kRouteReverse ? 1 : 0;
  for (int part = 0; part < 3; ++part) {
    const int measure = static_cast<int>(Measure::kRouteDirectionForward) + 2 * part + direction;
    add(sums, static_cast<Measure>(measure), verdict.parts[static_cast<size_t>(part)].value_or(0));
  }
}

}  // namespace

std::string_view to_string(Problem problem) {
  constexpr std::array<std::string_view, kNumProblems> kNames = {
      "none", "unanswered", "truncated", "no_column", "no_options", "media", "judge", "no_answer"};
  return kNames[static_cast<size_t>(problem)];
}

std::vector<Verdict> judge_answers(const std::vector<Question>& questions, const Answers& answers,
                                   const reward::Judge* judge, int num_threads) {
  std::vector<Verdict> verdicts(questions.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < questions.size(); i = next++)
      verdicts[i] = judge_one(questions[i], answers, judge);
  };
  std::vector<std::jthread> threads;
  for (int i = 1; i < num_threads; ++i) threads.emplace_back(work);
  work();
  threads.clear();  // joins
  return verdicts;
}

Tally tally(const std::vector<Verdict>& verdicts) {
  Tally result;
  for (const Verdict& verdict : verdicts) {
    ++result.problems[static_cast<size_t>(verdict.problem)];
    if (!verdict.column) continue;
    ++result.num_questions[static_cast<size_t>(*verdict.column)];
    if (!is_judged(verdict)) continue;
    if (!is_route(*verdict.column)) ++result.rules[static_cast<size_t>(verdict.choice.rule)];
    add_verdict(verdict, result.all);
    add_verdict(verdict, result.by_source[verdict.source]);
    if (verdict.problem == Problem::kNone) add_verdict(verdict, result.answered);
  }
  return result;
}

std::array<int64_t, kNumMeasures> counts_of(const SumsByVideo& videos) {
  std::array<int64_t, kNumMeasures> counts{};
  for (const auto& [video, sums] : videos) {
    for (size_t m = 0; m < kNumMeasures; ++m) counts[m] += sums[m].count;
  }
  return counts;
}

}  // namespace retrace::st_eval
