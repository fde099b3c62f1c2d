// answers.jsonl: a first line with the settings the answers come from, then one line an answer,
// appended as they are given, so that an interrupted evaluation goes on where it stopped.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/st_eval/question.h"

namespace retrace::st_eval {

// What an answer depends on: "model" -> hash of its files, "video.num_frames" -> "8".
using Settings = std::vector<std::pair<std::string, std::string>>;
inline constexpr std::string_view kDataSetting = "data ";  // + name of a question file -> its hash

enum class View { kSeen, kBlind };      // the video, or its twin with every frame painted grey
std::string_view to_string(View view);  // "seen", "blind"
using AnswersByView = std::map<View, Answers>;  // views that were asked for

class AnswersFile {
 public:
  // Opens the file of a folder, or starts it. A last line that was cut off is dropped. Throws
  // ConfigError naming the setting that differs from those the file was begun with, DataError for
  // lines that are no answers or a file that cannot be written.
  AnswersFile(const std::filesystem::path& folder, const Settings& settings);

  const Answers& answers(View view) const { return views_.at(view); }
  // Written through to the file before it returns.
  void append(View view, const std::vector<std::pair<std::string, Answer>>& answers);

 private:
  void read(const Settings& settings);
  void take_line(View view, const std::string& id, Answer answer);

  std::filesystem::path path_;
  AnswersByView views_{{View::kSeen, {}}, {View::kBlind, {}}};
  std::ofstream out_;
};

// A file of given answers, {"id": ..., "text": ...} a line, for scoring without a model; an
// optional "finish": "length" says truncated, "error" why there is no text, "view": "blind" that
// the frames were grey. So an answers.jsonl is one too; its settings are passed over. Throws
// DataError with file and line for bad lines, an id given twice, or one that no question has.
AnswersByView read_given_answers(const std::filesystem::path& file,
                                 const std::vector<Question>& questions);

}  // namespace retrace::st_eval
