// From answers to verdicts and from verdicts to the numbers of the tables. Knows no model.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reward/judge.h"
#include "tools/st_eval/bootstrap.h"
#include "tools/st_eval/letter_choice.h"
#include "tools/st_eval/question.h"

namespace retrace::st_eval {

// What went wrong with a question. Nothing is scored in silence: each is counted by kind, and
// verdicts.jsonl names the record.
enum class Problem {
  kNone,
  // The model's own: 0 percent over all questions, left out over answered ones.
  kUnanswered,
  kTruncated,  // unanswered, and stopped by the length limit
  // Not the model's: missing in both, so the table says over how many questions it is.
  kNoColumn,   // task or direction unknown
  kNoOptions,  // multiple choice without options and without an annotated letter
  kMedia,      // prompt, video or image could not be read
  kJudge,      // the judge failed, or there is none
  kNoAnswer    // nothing was answered yet, or the given answers leave it out
};
inline constexpr int kNumProblems = 8;
std::string_view to_string(Problem problem);  // "none", "unanswered", "truncated", ...
inline bool is_models_own(Problem problem) {
  return problem == Problem::kUnanswered || problem == Problem::kTruncated;
}

struct Verdict {
  std::string id, video, source;
  std::optional<Measure> column;
  Problem problem = Problem::kNone;
  std::string reason;                          // of the problem, or the judge's explanation
  LetterChoice choice;                         // multiple choice
  std::string expected;                        // the annotated letter
  std::optional<double> percent;               // with Problem::kNone: 0 or 100, or the judge's
  std::array<std::optional<double>, 3> parts;  // percent: direction, landmark, semantics of a route
};

// Whether it counts in its column, among all judged questions.
inline bool is_judged(const Verdict& verdict) {
  return verdict.column && (verdict.problem == Problem::kNone || is_models_own(verdict.problem));
}

// Judges with `judge` (may be null: every route is Problem::kJudge) in `num_threads` threads;
// verdicts are in the order of the questions.
std::vector<Verdict> judge_answers(const std::vector<Question>& questions, const Answers& answers,
                                   const reward::Judge* judge, int num_threads);

struct Tally {
  SumsByVideo all;       // the model's own problems as 0
  SumsByVideo answered;  // without them
  std::array<int64_t, kNumProblems> problems{};
  std::array<int64_t, kNumLetterRules> rules{};      // of multiple-choice answers
  std::array<int64_t, kNumColumns> num_questions{};  // whatever became of them
  std::map<std::string, SumsByVideo> by_source;      // as `all`
};
Tally tally(const std::vector<Verdict>& verdicts);

// The number of questions behind a measure.
std::array<int64_t, kNumMeasures> counts_of(const SumsByVideo& videos);

}  // namespace retrace::st_eval
