#include "tools/st_eval/question.h"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "data/jsonl_dataset.h"

namespace retrace::st_eval {
namespace {

std::string media_name(const data::Sample& sample) {
  std::string name;
  for (const auto* list : {&sample.videos, &sample.images}) {
    for (const std::filesystem::path& path : *list) {
      if (!name.empty()) name += '+';
      name += path.filename().string();
    }
  }
  return name;
}

void add_answer(const nlohmann::json& line, const std::set<std::string>& known, Answers& answers) {
  const std::string id = line.at("id");
  if (!known.contains(id))
    throw std::invalid_argument("no question of --data has the id '" + id + "'");
  Answer answer;
  answer.error = line.value("error", "");
  if (answer.error.empty()) answer.text = line.at("text");
  answer.truncated = line.value("finish", "stop") == "length";
  if (!answers.emplace(id, std::move(answer)).second)
    throw std::invalid_argument("the id '" + id + "' is answered twice");
}

}  // namespace

Question make_question(const std::string& file_name, data::Sample sample) {
  Question question;
  question.id = fmt::format("{}:{}", file_name, sample.index);
  question.column = column_of(sample.task, sample.direction);
  question.video = media_name(sample);
  if (question.video.empty()) question.video = question.id;
  question.sample = std::move(sample);
  return question;
}

std::vector<Question> read_questions(const QuestionFiles& from) {
  std::vector<Question> questions;
  std::set<std::string> names;
  for (const std::filesystem::path& file : from.files) {
    const std::string name = file.filename().string();
    if (!names.insert(name).second) {
      core::throw_<core::ConfigError>(
          "--data: two files are named {}, so their questions would have the same ids; rename one",
          name);
    }
    data::DatasetOptions options;
    options.file = file;
    options.video_root = from.video_root;
    options.allow_text_only = from.allow_text_only;
    for (data::Sample& sample : data::read_dataset(options)) {
      questions.push_back(make_question(name, std::move(sample)));
      questions.back().sample.index = static_cast<int64_t>(questions.size()) - 1;
    }
  }
  if (from.max_samples > 0 && static_cast<int64_t>(questions.size()) > from.max_samples)
    questions.resize(static_cast<size_t>(from.max_samples));
  return questions;
}

Answers read_given_answers(const std::filesystem::path& file,
                           const std::vector<Question>& questions) {
  std::set<std::string> known;
  for (const Question& question : questions) known.insert(question.id);
  Answers answers;
  std::istringstream lines(core::read_text_file(file));
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    try {
      add_answer(nlohmann::json::parse(line), known, answers);
    } catch (const std::exception& error) {
      core::throw_<core::DataError>(
          "{}:{}: expected {{\"id\": \"<question>\", \"text\": \"<completion>\"}}: {}",
          file.string(), number, error.what());
    }
  }
  if (answers.empty()) {
    core::throw_<core::DataError>("{}: has no answers; expected one JSON object a line",
                                  file.string());
  }
  return answers;
}

}  // namespace retrace::st_eval
