// Two results about the same questions: what `st_eval compare` prints.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tools/st_eval/bootstrap.h"
#include "tools/st_eval/verdicts_file.h"

namespace retrace::st_eval {

// What comparing needs of a result folder.
struct SavedResult {
  std::string name;  // of the folder
  VerdictsByView verdicts;
  std::map<std::string, std::string> data_hashes;  // by file name, as far as known
  std::string judge;                               // its backend; "": unknown
};

// Reads verdicts.jsonl and, where it is, results.json. Throws DataError.
SavedResult read_result(const std::filesystem::path& folder);

// Differences, second minus first, with paired bootstrap intervals. A question that is judged in
// one result only is left out of both, and counted. Throws ConfigError for results that cannot be
// compared: no view in common, other questions or data files, or routes judged by other judges.
std::string comparison_markdown(const SavedResult& first, const SavedResult& second,
                                const BootstrapOptions& options);

}  // namespace retrace::st_eval
