// The files of Ego-ST Bench, Part{1..4}_{forward,reverse}_{qa,mcq,mcq_landmark,mcq_action}.json:
// one object that maps ids to questions.
//
//   choices  {"video": "x.mp4", "forward_mcq": {"question": "...", "options": ["A. ...", ...],
//             "answer": "C"}}, or "reverse_mcq"; the answer may also be an option's text
//   routes   {"video": "x.mp4", "question": "...", "forward_answer": "..."}, or "reverse_answer"
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

// One question as a line of a question file (data/jsonl_dataset.h), or why there is none.
struct BenchmarkRecord {
  std::string id;
  std::string line;    // empty if broken
  std::string broken;  // "field 'options': ..."
};

// Whether read_dataset takes the file for a benchmark file: its name ends in ".json".
bool is_benchmark_file(const std::filesystem::path& file);

// The task is told by the file's name; a file of choices without a known ending is about
// directions. The source is told by the video's name, of numbered videos also by the part: outdoor,
// or indoor in parts 3 and 4. Throws DataError for a file that is not one JSON object.
std::vector<BenchmarkRecord> read_benchmark_file(const std::filesystem::path& file);

// "Which way?\nOptions:\nA. left\nB. right\n\nInstructions: Choose one option."
std::string problem_of(const std::string& question, const std::vector<std::string>& options);

}  // namespace retrace::data
