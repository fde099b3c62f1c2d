#include "data/record_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/repeated_key.h"
#include "data/egost_labels.h"
#include "data/option_text.h"

namespace retrace::data {
namespace {

using Json = nlohmann::ordered_json;

std::string_view describe_type(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return "a number";
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return "something else";
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

// One record: its line, and errors that name it.
class RecordReader {
 public:
  // `place` is how messages name the record: "<file>:<line>".
  RecordReader(const DatasetOptions& options, int64_t index, std::string place)
      : options_(options), index_(index), place_(std::move(place)) {}

  Sample read(std::string_view line) const;

 private:
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    core::throw_<core::DataError>("{}: {}", place_,
                                  fmt::format(format, std::forward<Args>(args)...));
  }
  Json parse(std::string_view line) const;
  std::string text(const Json& record, const char* field) const;
  std::vector<std::filesystem::path> paths(const Json& record, const char* one_field,
                                           const char* list_field) const;
  void add_paths(const Json& value, const char* field,
                 std::vector<std::filesystem::path>& paths) const;
  std::filesystem::path resolve(const std::string& name, const char* field) const;
  void check_vision(const Json& record, const Sample& sample) const;
  void check_placeholders(const Sample& sample, std::string_view placeholder, size_t size) const;
  void check_letter(const Sample& sample) const;
  Task task(const Json& record) const;
  TravelDirection direction(const Json& record) const;
  // question, options, and for the Ego-ST training files what their demonstrations tell.
  static void add_parts(Sample& sample);

  const DatasetOptions& options_;
  int64_t index_;  // from 0
  std::string place_;
};

Json RecordReader::parse(std::string_view line) const {
  Json record;
  std::optional<std::string> repeated;
  try {
    record = Json::parse(line, core::find_repeated_key(repeated));
  } catch (const Json::parse_error& error) {
    fail("expected one JSON object a line, found bad JSON at character {}; is the line cut off?",
         error.byte);
  } catch (const Json::out_of_range&) {
    fail("expected numbers that a double can hold, found a larger one");
  }
  if (!record.is_object()) {
    fail(
        "expected a JSON object with the fields problem, solution, video, original_question and "
        "original_answer, found {}",
        describe_type(record));
  }
  if (repeated)
    fail("field '{}': stands twice in the record; leave one out", core::one_line(*repeated));
  return record;
}

std::string RecordReader::text(const Json& record, const char* field) const {
  const auto found = record.find(field);
  if (found == record.end()) fail("field '{}': missing; every record needs it", field);
  if (!found->is_string()) {
    fail("field '{}': expected a string, found {}; put the value in quotes", field,
         describe_type(*found));
  }
  return found->get<std::string>();
}

std::filesystem::path RecordReader::resolve(const std::string& name, const char* field) const {
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20; }))
    fail("field '{}': expected a file name, found a control character in it", field);
  std::filesystem::path path = name;
  if (path.is_relative()) {
    path = (options_.video_root.empty() ? options_.file.parent_path() : options_.video_root) / path;
  } else if (!options_.video_root.empty()) {
    path = options_.video_root / path.filename();
  }
  std::error_code error;
  if (!options_.check_files) return path;
  if (!std::filesystem::is_regular_file(path, error)) {
    fail("field '{}': no such {} file: {}; set the video folder to where the files are", field,
         std::string_view(field).starts_with("image") ? "image" : "video", path.string());
  }
  return path;
}

void RecordReader::add_paths(const Json& value, const char* field,
                             std::vector<std::filesystem::path>& paths) const {
  if (!value.is_string()) {
    fail("field '{}': expected a string, found {}; put the value in quotes", field,
         describe_type(value));
  }
  const std::string name = value.get<std::string>();
  if (!name.empty()) {
    paths.push_back(resolve(name, field));
    return;
  }
  if (!options_.allow_text_only) {
    fail(
        "field '{}': expected the name of a file, found an empty string; leave the field out where "
        "images take its place (records without either need allow_text_only)",
        field);
  }
}

std::vector<std::filesystem::path> RecordReader::paths(const Json& record, const char* one_field,
                                                       const char* list_field) const {
  std::vector<std::filesystem::path> found;
  const auto one = record.find(one_field), list = record.find(list_field);
  if (one != record.end() && list != record.end())
    fail("fields '{}' and '{}': expected one of them, found both", one_field, list_field);
  for (const auto& [field, value] : {std::pair(one_field, one), std::pair(list_field, list)}) {
    if (value == record.end() || (value->is_null() && field != std::string_view("video"))) continue;
    if (!value->is_array()) {
      add_paths(*value, field, found);
      continue;
    }
    for (const Json& entry : *value) add_paths(entry, field, found);
  }
  return found;
}

void RecordReader::check_placeholders(const Sample& sample, std::string_view placeholder,
                                      size_t size) const {
  const size_t count = count_occurrences(sample.problem, placeholder);
  if (count == 0 || count == size) return;
  fail(
      "field 'problem': expected {} once for each file of the record, or not at all, found {} of "
      "them and {} files",
      placeholder, count, size);
}

void RecordReader::check_letter(const Sample& sample) const {
  const size_t num_options = sample.options.size();
  if (num_options == 0 || sample.answer.size() != 1) return;
  const char letter = sample.answer[0];
  if (letter < 'A' || letter > 'Z' || letter < option_letter(num_options)) return;
  fail("field 'original_answer': expected the letter of one of the {} options, found '{}'",
       num_options, letter);
}

void RecordReader::check_vision(const Json& record, const Sample& sample) const {
  const bool has_field = record.contains("video") || record.contains("videos") ||
                         record.contains("image") || record.contains("images");
  const bool has_vision = !sample.images.empty() || !sample.videos.empty();
  if (!has_field && !options_.allow_text_only)
    fail("field 'video': missing; every record needs it, or 'videos', 'image' or 'images'");
  if (!has_vision && !options_.allow_text_only)
    fail(
        "no video and no image; such records need data.allow_text_only in a recipe, "
        "--allow-text-only in st_eval");
  check_placeholders(sample, kImagePlaceholder, sample.images.size());
  check_placeholders(sample, kVideoPlaceholder, sample.videos.size());
}

Task RecordReader::task(const Json& record) const {
  if (!record.contains("task")) return Task::kUnknown;
  const std::string name = text(record, "task");
  const std::optional<Task> parsed = parse_task(name);
  if (!parsed) {
    fail("field 'task': expected route, direction, landmark, action or unknown, found '{}'",
         core::one_line(name));
  }
  return *parsed;
}

TravelDirection RecordReader::direction(const Json& record) const {
  if (!record.contains("direction")) return TravelDirection::kUnknown;
  const std::string name = text(record, "direction");
  const std::optional<TravelDirection> parsed = parse_travel_direction(name);
  if (!parsed)
    fail("field 'direction': expected forward, reverse or unknown, found '{}'",
         core::one_line(name));
  return *parsed;
}

void RecordReader::add_parts(Sample& sample) {
  sample.question = sample.problem;
  if (const std::optional<ProblemParts> parts = split_problem(sample.problem)) {
    sample.question = parts->question;
    sample.options.assign(parts->options.begin(), parts->options.end());
  }
  const auto labels = labels_of_demonstration(sample.question, sample.solution);
  if (!labels) return;
  if (sample.task == Task::kUnknown) sample.task = labels->task;
  if (sample.direction == TravelDirection::kUnknown) sample.direction = labels->direction;
  sample.opposite = labels->opposite;
  if (sample.source.empty() && !sample.videos.empty())
    sample.source = source_of_video(sample.videos.front().filename().string());
}

Sample RecordReader::read(std::string_view line) const {
  const Json record = parse(line);
  Sample sample;
  sample.index = index_;
  sample.problem = text(record, "problem");
  sample.solution = text(record, "solution");
  sample.images = paths(record, "image", "images");
  sample.videos = paths(record, "video", "videos");
  check_vision(record, sample);
  text(record, "original_question");  // the same as `problem`; a file without it is of another kind
  sample.answer = text(record, "original_answer");
  sample.task = task(record);
  sample.direction = direction(record);
  if (record.contains("source")) sample.source = text(record, "source");
  if (is_blank(sample.problem)) fail("field 'problem': expected a question, found an empty string");
  if (is_blank(sample.answer))
    fail("field 'original_answer': expected the answer, found an empty string");
  add_parts(sample);
  check_letter(sample);
  return sample;
}

}  // namespace

Sample read_record(const DatasetOptions& options, int64_t index, const std::string& place,
                   std::string_view line) {
  return RecordReader(options, index, place).read(line);
}

}  // namespace retrace::data
