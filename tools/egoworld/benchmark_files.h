// The questions once more, in the files of Ego-ST Bench.
//
// A clip belongs to one of four parts: outdoor clips to parts 1 and 2 in turn, indoor clips to
// parts 3 and 4. Part{1..4}_{forward,reverse}_{qa,mcq,mcq_landmark,mcq_action}.json holds an object
// from the clip's number to
//   qa:    {"video", "question", "forward_answer"}                            the route, open
//   mcq*:  {"video", "forward_mcq": {"question", "options": ["A. ...", ...], "answer": "C"}}
// with "reverse" for "forward" in the reverse files; mcq asks for directions. Every part has
// actions. Videos are named from the data set's folder. Files without a question are not written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/egoworld/clip.h"

namespace retrace::egoworld {

struct BenchmarkFile {
  std::string name;  // "Part1_forward_qa.json"
  std::string content;
};

int64_t benchmark_part(ThemeChoice theme, int64_t clip);  // 1 to 4

// All files that `num_clips` clips of this world give, in order of their names.
std::vector<BenchmarkFile> benchmark_files(const WorldOptions& world, int64_t num_clips);

// Names alone, without making questions.
std::vector<std::string> benchmark_file_names(const WorldOptions& world, int64_t num_clips);
// Whatever world it was: the 32 names that there are.
std::vector<std::string> all_benchmark_file_names();

}  // namespace retrace::egoworld
