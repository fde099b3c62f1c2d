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
  bool skip_broken = false;  // leave out records that cannot be used, with a warning for each
  int64_t max_samples = 0;   // of the concatenation; 0: all
};

// Videos and images need not exist: what a missing one means shows when the model is asked. Throws
// ConfigError for two files of the same name, whose ids would be the same, and what
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

// Throws DataError if there are videos and images, but none of them exists: a wrong folder, rather
// than files that are missing.
void require_some_media(const std::vector<Question>& questions);

}  // namespace retrace::st_eval
