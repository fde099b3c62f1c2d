// answers.jsonl: a first line with the settings the answers come from, then one line an answer,
// appended as they are given, so that an interrupted evaluation goes on where it stopped.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tools/st_eval/question.h"

namespace retrace::st_eval {

// What an answer depends on: "model" -> hash of its files, "video.num_frames" -> "8".
using Settings = std::vector<std::pair<std::string, std::string>>;

enum class View { kSeen, kBlind };      // the video, or its twin with every frame painted grey
std::string_view to_string(View view);  // "seen", "blind"

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
  std::map<View, Answers> views_{{View::kSeen, {}}, {View::kBlind, {}}};
  std::ofstream out_;
};

}  // namespace retrace::st_eval
