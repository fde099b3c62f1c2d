#include "data/benchmark_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/files.h"
#include "core/repeated_key.h"
#include "data/egost_labels.h"
#include "data/option_text.h"

namespace retrace::data {
namespace {

using Json = nlohmann::ordered_json;

// What is wrong with one record; the others go on.
struct Broken {
  std::string reason;
};

Task task_of(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  if (stem.ends_with("_mcq_landmark")) return Task::kLandmark;
  if (stem.ends_with("_mcq_action")) return Task::kAction;
  return Task::kDirection;
}

// Numbered videos are outdoor ones in Ego-ST, and in parts 1 and 2 of EgoWorld.
std::string source_of(const std::filesystem::path& file, const std::string& video) {
  const std::string_view source = source_of_video(std::filesystem::path(video).filename().string());
  if (source != "outdoor") return std::string(source);
  const std::string name = file.filename().string();
  return name.starts_with("Part3_") || name.starts_with("Part4_") ? "indoor" : "outdoor";
}

std::string text_field(const Json& record, const std::string& field) {
  const auto found = record.find(field);
  if (found == record.end()) throw Broken{"field '" + field + "': missing"};
  if (!found->is_string()) throw Broken{"field '" + field + "': expected a string"};
  return found->get<std::string>();
}

// "C. turn left" -> "turn left", where the letter is the one of its place.
std::string without_letter(const std::string& option, size_t position) {
  const std::string mark = {option_letter(position), '.', ' '};
  return option.starts_with(mark) ? option.substr(mark.size()) : option;
}

std::vector<std::string> options_of(const Json& choice) {
  const auto found = choice.find("options");
  if (found == choice.end() || !found->is_array() || found->empty())
    throw Broken{"field 'options': expected a list of at least one option, found none"};
  std::vector<std::string> options;
  for (const Json& option : *found) {
    if (!option.is_string()) throw Broken{"field 'options': expected strings"};
    options.push_back(without_letter(option.get<std::string>(), options.size()));
  }
  constexpr size_t kMaxOptions = 26;
  if (options.size() > kMaxOptions) throw Broken{"field 'options': more than 26"};
  return options;
}

std::string letter_of(const std::string& answer, const std::vector<std::string>& options) {
  if (const std::optional<char> letter = letter_of_answer(answer, options))
    return std::string(1, *letter);
  throw Broken{"field 'answer': expected the letter or the text of one of the options, found '" +
               core::one_line(answer) + "'"};
}

Json choice_line(const Json& record, const Json& choice, Task task, std::string_view direction) {
  if (!choice.is_object()) throw Broken{"expected an object with question, options and answer"};
  const std::vector<std::string> options = options_of(choice);
  const std::string problem = problem_of(text_field(choice, "question"), options);
  return {{"problem", problem},
          {"solution", ""},
          {"video", text_field(record, "video")},
          {"original_question", problem},
          {"original_answer", letter_of(text_field(choice, "answer"), options)},
          {"task", to_string(task)},
          {"direction", direction}};
}

Json question_line(const Json& record, Task choice_task) {
  if (!record.is_object()) throw Broken{"expected an object"};
  for (const TravelDirection way : {TravelDirection::kForward, TravelDirection::kReverse}) {
    const std::string direction(to_string(way));
    if (const auto choice = record.find(direction + "_mcq"); choice != record.end())
      return choice_line(record, *choice, choice_task, direction);
    if (!record.contains(direction + "_answer")) continue;
    const std::string question = text_field(record, "question");
    return {{"problem", question},
            {"solution", ""},
            {"video", text_field(record, "video")},
            {"original_question", question},
            {"original_answer", text_field(record, direction + "_answer")},
            {"task", to_string(Task::kRoute)},
            {"direction", direction}};
  }
  throw Broken{"expected one of forward_mcq, reverse_mcq, forward_answer and reverse_answer"};
}

Json line_of(const Json& record, const std::filesystem::path& file) {
  Json line = question_line(record, task_of(file));
  line["source"] = source_of(file, line["video"].get<std::string>());
  return line;
}

}  // namespace

bool is_benchmark_file(const std::filesystem::path& file) {
  return file.extension() == ".json";
}

std::string problem_of(const std::string& question, const std::vector<std::string>& options) {
  std::string text = question + "\nOptions:";
  for (size_t i = 0; i < options.size(); ++i)
    text += std::string("\n") + option_letter(i) + ". " + options[i];
  return text + "\n\nInstructions: Choose one option.";
}

std::vector<BenchmarkRecord> read_benchmark_file(const std::filesystem::path& file) {
  std::optional<std::string> repeated;
  const Json document = Json::parse(core::read_text_file(file), core::find_repeated_key(repeated),
                                    /*allow_exceptions=*/false);
  if (document.is_discarded() || !document.is_object()) {
    core::throw_<core::DataError>(
        "{}: expected one JSON object that maps ids to questions, as Ego-ST Bench has them; a file "
        "with one object a line must end in .jsonl",
        file.string());
  }
  if (repeated) {
    core::throw_<core::DataError>(
        "{}: two records have the id '{}', so one would be lost; give each its own", file.string(),
        core::one_line(*repeated));
  }
  std::vector<BenchmarkRecord> records;
  for (const auto& [id, record] : document.items()) {
    BenchmarkRecord& item = records.emplace_back(BenchmarkRecord{id, "", ""});
    try {
      item.line = line_of(record, file).dump(-1, ' ', false, Json::error_handler_t::replace);
    } catch (const Broken& broken) {
      item.broken = broken.reason;
    }
  }
  return records;
}

}  // namespace retrace::data
