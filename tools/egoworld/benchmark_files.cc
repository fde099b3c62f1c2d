#include "tools/egoworld/benchmark_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "tools/egoworld/clip_questions.h"

namespace retrace::egoworld {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kNumParts = 4;
constexpr std::array kDirections = {data::TravelDirection::kForward,
                                    data::TravelDirection::kReverse};
constexpr std::array kTasks = {data::Task::kDirection, data::Task::kLandmark, data::Task::kAction,
                               data::Task::kRoute};

std::string_view file_kind(data::Task task) {
  switch (task) {
    case data::Task::kRoute:
      return "qa";
    case data::Task::kDirection:
      return "mcq";
    case data::Task::kLandmark:
      return "mcq_landmark";
    case data::Task::kAction:
      return "mcq_action";
    case data::Task::kUnknown:
      break;
  }
  core::throw_<core::InternalError>("task {}: not asked", static_cast<int>(task));
}

std::string file_name(int64_t part, data::Task task, data::TravelDirection direction) {
  return fmt::format("Part{}_{}_{}.json", part, data::to_string(direction), file_kind(task));
}

Json entry(const Question& question, int64_t clip) {
  const std::string way(data::to_string(question.direction));
  const std::string text(stem(question.task, question.direction));
  Json result = {{"video", video_name(clip)}};
  if (question.options.empty()) {
    result["question"] = text;
    result[way + "_answer"] = question.description;
    return result;
  }
  Json options = Json::array();
  for (size_t i = 0; i < question.options.size(); ++i) {
    options.push_back(
        fmt::format("{}. {}", option_letter(static_cast<int>(i)), joined(question.options[i])));
  }
  result[way + "_mcq"] = {
      {"question", text}, {"options", options}, {"answer", answer_text(question)}};
  return result;
}

}  // namespace

int64_t benchmark_part(ThemeChoice theme, int64_t clip) {
  return (theme_of_clip(theme, clip) == Theme::kOutdoor ? 1 : 3) + clip % 2;
}

std::vector<BenchmarkFile> benchmark_files(const WorldOptions& world, int64_t num_clips) {
  std::map<std::string, Json> documents;
  for (int64_t clip = 0; clip < num_clips; ++clip) {
    const int64_t part = benchmark_part(world.theme, clip);
    for (const Question& question : make_clip_questions(world, clip)) {
      Json& document = documents[file_name(part, question.task, question.direction)];
      document[std::to_string(clip)] = entry(question, clip);
    }
  }
  std::vector<BenchmarkFile> files;
  for (const auto& [name, document] : documents) files.push_back({name, document.dump(2) + "\n"});
  return files;
}

std::vector<std::string> benchmark_file_names(const WorldOptions& world, int64_t num_clips) {
  std::set<std::string> names;
  for (int64_t clip = 0; clip < std::min(num_clips, kNumParts); ++clip) {
    for (const data::Task task : world.tasks) {
      for (const data::TravelDirection direction : kDirections)
        names.insert(file_name(benchmark_part(world.theme, clip), task, direction));
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> all_benchmark_file_names() {
  std::vector<std::string> names;
  for (int64_t part = 1; part <= kNumParts; ++part) {
    for (const data::Task task : kTasks) {
      for (const data::TravelDirection direction : kDirections)
        names.push_back(file_name(part, task, direction));
    }
  }
  return names;
}

}  // namespace retrace::egoworld
