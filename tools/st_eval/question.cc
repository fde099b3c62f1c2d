#include "tools/st_eval/question.h"

#include <fmt/format.h>

#include <set>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/logging.h"
#include "data/jsonl_dataset.h"
#include "data/option_text.h"

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

}  // namespace

// Annotated answers that are an option's text become its letter, which is what is compared.
void settle_answer(Question& question, const std::filesystem::path& file) {
  data::Sample& sample = question.sample;
  if (!question.column || is_route(*question.column) || sample.options.empty()) return;
  const std::optional<char> letter = data::letter_of_answer(sample.answer, sample.options);
  if (!letter) {
    core::throw_<core::DataError>(
        "{}:{}: field 'original_answer': expected the letter or the text of one of the {} options, "
        "found '{}'",
        file.string(), sample.index + 1, sample.options.size(), core::one_line(sample.answer));
  }
  sample.answer = std::string(1, *letter);
}

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
    options.skip_broken = from.skip_broken;
    options.check_files = false;
    for (data::Sample& sample : data::read_dataset(options)) {
      Question question = make_question(name, std::move(sample));
      try {
        settle_answer(question, file);
      } catch (const core::DataError& error) {
        if (!from.skip_broken) throw;
        core::log_warning("{}; this record is left out", error.what());
        continue;
      }
      question.sample.index = std::ssize(questions);
      questions.push_back(std::move(question));
    }
  }
  if (from.max_samples > 0 && static_cast<int64_t>(questions.size()) > from.max_samples)
    questions.resize(static_cast<size_t>(from.max_samples));
  return questions;
}

void require_some_media(const std::vector<Question>& questions) {
  std::string missing;
  for (const Question& question : questions) {
    for (const auto* list : {&question.sample.videos, &question.sample.images}) {
      for (const std::filesystem::path& path : *list) {
        std::error_code error;
        if (std::filesystem::exists(path, error)) return;
        if (missing.empty()) missing = path.string();
      }
    }
  }
  if (missing.empty()) return;
  core::throw_<core::DataError>(
      "--data: none of the videos and images is where the questions expect them, such as {}; set "
      "--video-root to the folder that holds them",
      missing);
}

}  // namespace retrace::st_eval
