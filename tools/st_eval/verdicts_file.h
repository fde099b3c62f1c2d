// verdicts.jsonl: what became of every question, one line each and view. `st_eval compare` reads
// it.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/scoring.h"

namespace retrace::st_eval {

using VerdictsByView = std::map<View, std::vector<Verdict>>;

void write_verdicts(const std::filesystem::path& folder, const VerdictsByView& verdicts);
// Throws DataError with file and line.
VerdictsByView read_verdicts(const std::filesystem::path& folder);

}  // namespace retrace::st_eval
