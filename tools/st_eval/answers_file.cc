#include "tools/st_eval/answers_file.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/json_lines.h"

namespace retrace::st_eval {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json header_of(const Settings& settings) {
  Json values;
  for (const auto& [name, value] : settings) values[name] = value;
  Json header;
  header["settings"] = values;
  return header;
}

Json line_of(View view, const std::string& id, const Answer& answer) {
  Json line;
  line["view"] = to_string(view);
  line["id"] = id;
  if (!answer.error.empty()) {
    line["error"] = answer.error;
    return line;
  }
  line["text"] = answer.text;
  line["finish"] = answer.truncated ? "length" : "stop";
  return line;
}

void check_settings(const fs::path& path, const Json& before, const Settings& settings) {
  for (const auto& [name, value] : settings) {
    const std::string found = before.value(name, "(nothing)");
    if (found == value) continue;
    core::throw_<core::ConfigError>(
        "{}: holds answers with {} = {}, but now it is {}; go on with the same settings, or choose "
        "another --out",
        path.string(), name, found, value);
  }
}

View view_of(const Json& line) {
  const std::string name = line.value("view", "seen");
  for (const View view : {View::kSeen, View::kBlind}) {
    if (name == to_string(view)) return view;
  }
  throw std::invalid_argument("unknown view '" + name + "'");
}

void add_answer(const Json& line, const std::set<std::string>& known, AnswersByView& answers) {
  const std::string id = line.at("id");
  if (!known.contains(id))
    throw std::invalid_argument("no question of --data has the id '" + id + "'");
  Answer answer;
  answer.error = line.value("error", "");
  if (answer.error.empty()) answer.text = line.at("text");
  const std::string finish = line.value("finish", "stop");
  if (finish != "stop" && finish != "length")
    throw std::invalid_argument("finish: expected stop or length, found '" + finish + "'");
  answer.truncated = finish == "length";
  if (!answers[view_of(line)].emplace(id, std::move(answer)).second)
    throw std::invalid_argument("the id '" + id + "' is answered twice");
}

}  // namespace

std::string_view to_string(View view) {
  return view == View::kSeen ? "seen" : "blind";
}

AnswersFile::AnswersFile(const fs::path& folder, const Settings& settings)
    : path_(folder / "answers.jsonl") {
  std::error_code error;
  fs::create_directories(folder, error);
  if (fs::exists(path_)) read(settings);
  // The first line alone is written whole or not at all.
  if (!fs::exists(path_)) core::write_file_atomically(path_, to_line(header_of(settings)));
  out_.open(path_, std::ios::app | std::ios::binary);
  if (!out_)
    core::throw_<core::DataError>("{}: cannot be written; check the folder given by --out",
                                  path_.string());
}

void AnswersFile::read(const Settings& settings) {
  const std::string text = core::read_text_file(path_);
  const size_t whole = text.rfind('\n') + 1;  // 0 without any: npos + 1
  if (whole == 0) {
    fs::remove(path_);
    return;
  }
  Json before = Json::object();
  core::for_each_json_line(
      std::string_view(text).substr(0, whole),
      [&](int64_t number, const Json& json) {
        if (number == 1) {
          before = json.at("settings");
          return;
        }
        Answer answer{json.value("text", ""), json.value("finish", "") == "length",
                      json.value("error", "")};
        take_line(json.at("view") == "blind" ? View::kBlind : View::kSeen, json.at("id"),
                  std::move(answer));
      },
      [&](int64_t number, const std::string& reason) {
        core::throw_<core::DataError>(
            "{}:{}: not a line that st_eval writes: {}; delete the line to have it answered again",
            path_.string(), number, reason);
      });
  if (views_.at(View::kSeen).empty() && views_.at(View::kBlind).empty()) {  // nothing is lost
    fs::remove(path_);
    return;
  }
  check_settings(path_, before, settings);
  if (whole < text.size()) fs::resize_file(path_, whole);
}

void AnswersFile::take_line(View view, const std::string& id, Answer answer) {
  views_.at(view).insert_or_assign(id, std::move(answer));
}

void AnswersFile::append(View view, const std::vector<std::pair<std::string, Answer>>& answers) {
  for (const auto& [id, answer] : answers) {
    out_ << to_line(line_of(view, id, answer));
    take_line(view, id, answer);
  }
  out_.flush();
  if (!out_)
    core::throw_<core::DataError>("{}: could not be written to; is the disk full?", path_.string());
}

AnswersByView read_given_answers(const std::filesystem::path& file,
                                 const std::vector<Question>& questions) {
  std::set<std::string> known;
  for (const Question& question : questions) known.insert(question.id);
  AnswersByView answers;
  core::for_each_json_line(
      core::read_text_file(file),
      [&](int64_t number, const Json& json) {
        const bool is_header = number == 1 && json.contains("settings") && !json.contains("id");
        if (!is_header) add_answer(json, known, answers);
      },
      [&](int64_t number, const std::string& reason) {
        core::throw_<core::DataError>(
            "{}:{}: expected {{\"id\": \"<question>\", \"text\": \"<completion>\"}}: {}",
            file.string(), number, reason);
      });
  if (answers.empty()) {
    core::throw_<core::DataError>("{}: has no answers; expected one JSON object a line",
                                  file.string());
  }
  return answers;
}

}  // namespace retrace::st_eval
