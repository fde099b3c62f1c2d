// The page a person opens after a run: report.html in the run folder, one file, no scripts from
// elsewhere.
#pragma once

#include <filesystem>

namespace retrace::rl {

// Reads metrics.jsonl, summary.md, config.yaml, environment.json and the rollouts of `run_folder`
// and writes report.html: the results table, curves as inline SVG (reward and its parts, evaluation
// accuracy with the blind twin and chance, loss, KL, completion length, dead groups, step time by
// part), some completions of the first and last step with their rewards, the recipe and the
// machine. What is missing is left out. Throws DataError.
void write_report(const std::filesystem::path& run_folder);

}  // namespace retrace::rl
