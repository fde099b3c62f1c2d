// A question of the benchmark and what was answered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/sample.h"
#include "tools/st_eval/columns.h"

namespace retrace::st_eval {

struct Question {
  std::string id;                 // "<file name>:<number of the record, from 0>"
  data::Sample sample;            // its index counts over all files
  std::optional<Measure> column;  // nothing: task or direction unknown
  std::string video;              // what it is about: questions with the same one form a cluster
  // A letter can be right: it has options, or at least an annotated letter.
  bool has_choice() const { return !sample.options.empty() || sample.answer.size() == 1; }
};

struct QuestionFiles {
  std::vector<std::filesystem::path> files;
  std::filesystem::path video_root;
  bool allow_text_only = false;
  int64_t max_samples = 0;  // of the concatenation; 0: all
};

// Throws ConfigError for two files of the same name, whose ids would be the same, and what
// data::read_dataset throws.
std::vector<Question> read_questions(const QuestionFiles& from);
Question make_question(const std::string& file_name, data::Sample sample);

// A completion, or why there is none.
struct Answer {
  std::string text;
  bool truncated = false;  // stopped by the length limit
  std::string error;       // not empty: the prompt could not be made, for instance from its video
};
using Answers = std::map<std::string, Answer>;  // by question id

// A file of given answers, {"id": ..., "text": ...} a line, for scoring without a model; an
// optional "finish": "length" says truncated, an optional "error" why there is no text. Throws
// DataError with file and line for bad lines, an id given twice, or one that no question has.
Answers read_given_answers(const std::filesystem::path& file,
                           const std::vector<Question>& questions);

}  // namespace retrace::st_eval
