#include "rl/run_records.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/json_lines.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void for_each_line(const fs::path& file, const std::function<void(const Json&)>& use) {
  core::for_each_json_line(
      core::read_text_file(file), [&](int64_t, const Json& json) { use(json); },
      [&](int64_t number, const std::string& reason) {
        core::throw_<core::DataError>(
            "{}:{}: not a line that a run writes: {}; delete the line to go on without it",
            file.string(), number, reason);
      });
}

std::optional<double> optional_number(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::vector<fs::path> sorted_files(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step-") && entry.path().extension() == extension)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // fixed-width step numbers
  return files;
}

SavedCompletion parse_completion(const Json& line) {
  SavedCompletion completion;
  completion.slot = line.at("slot");
  completion.problem = line.at("problem");
  completion.answer = line.at("answer");
  for (const char* field : {"images", "videos"}) {
    for (const Json& path : line.at(field)) completion.media.push_back(path);
  }
  completion.text = line.at("text");
  completion.finish = line.at("finish");
  completion.num_tokens = line.at("num_tokens");
  completion.reward = optional_number(line.at("reward"));
  completion.advantage = line.at("advantage");
  for (const auto& [name, raw] : line.at("reward_parts").items()) {
    completion.parts.emplace_back(name, optional_number(raw));
  }
  return completion;
}

}  // namespace

const std::vector<MetricPoint>& MetricHistory::points(const std::string& name) const {
  static const std::vector<MetricPoint> none;
  const auto found = by_name.find(name);
  return found == by_name.end() ? none : found->second;
}

MetricHistory read_metric_history(const fs::path& metrics_jsonl) {
  MetricHistory history;
  if (!fs::exists(metrics_jsonl)) return history;
  for_each_line(metrics_jsonl, [&](const Json& line) {
    const std::string stage = line.at("stage");
    const int64_t step = line.at("step");
    history.first_step.try_emplace(stage, step);
    for (const auto& [name, value] : line.items()) {
      if (name == "stage" || name == "step") continue;
      const double number =
          optional_number(value).value_or(std::numeric_limits<double>::quiet_NaN());
      history.by_name[name].push_back({step, number});
    }
  });
  return history;
}

std::vector<SavedGroup> read_rollout_groups(const fs::path& rollouts_jsonl) {
  std::vector<SavedGroup> groups;
  for_each_line(rollouts_jsonl, [&](const Json& line) {
    SavedCompletion completion = parse_completion(line);
    if (groups.empty() || groups.back().slot != completion.slot)
      groups.push_back({completion.slot, {}});
    groups.back().completions.push_back(std::move(completion));
  });
  return groups;
}

std::vector<fs::path> list_rollout_files(const fs::path& rollout_folder) {
  return sorted_files(rollout_folder, ".jsonl");
}

std::optional<char> last_answer_letter(const fs::path& evaluation_folder) {
  const std::vector<fs::path> files = sorted_files(evaluation_folder, ".jsonl");
  std::optional<char> last;
  if (files.empty()) return last;
  for_each_line(files.front(), [&](const Json& line) {
    const std::string answer = line.at("answer");
    if (answer.size() != 1 || answer[0] < 'A' || answer[0] > 'Z') return;
    last = std::max(last.value_or('A'), answer[0]);
  });
  return last;
}

}  // namespace retrace::rl
