// The numbers of an evaluation, ready to be written down.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/bootstrap.h"
#include "tools/st_eval/scoring.h"
#include "tools/st_eval/verdicts_file.h"

namespace retrace::st_eval {

struct ViewResult {
  Quantities all, answered;  // percent over all questions and over answered ones
  QuantityBounds bounds;     // of `all`
  std::array<int64_t, kNumMeasures> num_judged{}, num_answered{};
  std::map<std::string, Quantities> by_source;  // of `all`
  Tally tally;
};

struct ResultNames {
  std::string model;       // "runs/st_r1/final"
  std::string trained_on;  // for Table 4: "SUN3D+Aria"; "": unknown
  std::string judge;       // "rules"
  reward::JudgeCounts judge_counts;
  Settings settings;
};

struct Results {
  ResultNames names;
  std::map<View, ViewResult> views;  // blind only where it was asked for
  std::map<View, std::vector<Verdict>> verdicts;
};

Results make_results(ResultNames names, VerdictsByView verdicts, const BootstrapOptions& options);

std::string results_json(const Results& results);
std::string results_markdown(const Results& results);
std::string results_html(const Results& results);

// "52.6", or "-" for a missing value.
std::string percent_text(const std::optional<double>& percent);
}  // namespace retrace::st_eval
