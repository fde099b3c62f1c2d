#include "tools/reward_lab/saved_rollouts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/json_lines.h"
#include "rl/run_records.h"

namespace retrace::reward_lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

template <class Value, class Parse>
Value named(const Json& line, const char* field, Parse parse) {
  const std::string name = line.at(field);
  const std::optional<Value> value = parse(name);
  if (!value) throw std::invalid_argument(fmt::format("unknown {} '{}'", field, name));
  return *value;
}

data::Sample sample_of(const Json& line) {
  data::Sample sample;
  sample.index = line.at("sample");
  sample.problem = line.at("problem");
  sample.answer = line.at("answer");
  sample.task = named<data::Task>(line, "task", data::parse_task);
  sample.direction = named<data::TravelDirection>(line, "direction", data::parse_travel_direction);
  for (const std::string path : line.at("videos")) sample.videos.emplace_back(path);
  for (const std::string path : line.at("images")) sample.images.emplace_back(path);
  // Not in the files of older runs.
  sample.solution = line.value("solution", "");
  sample.question = line.value("question", "");
  sample.options = line.value("options", std::vector<std::string>());
  sample.opposite = line.value("opposite", "");
  sample.source = line.value("source", "");
  return sample;
}

SavedCompletion completion_of(const Json& line) {
  SavedCompletion completion;
  completion.text = line.at("text");
  completion.truncated = line.at("finish") == "length";
  completion.num_tokens = line.at("num_tokens");
  if (!line.at("reward").is_null()) completion.reward = line.at("reward").get<double>();
  return completion;
}

}  // namespace

RolloutReader::RolloutReader(const fs::path& folder) {
  files_ = rl::list_rollout_files(folder);
  if (files_.empty()) files_ = rl::list_rollout_files(folder / "rollouts");
  if (files_.empty()) {
    core::throw_<core::DataError>(
        "{}: expected files step-*.jsonl of a run's rollouts, found none; give a run folder or its "
        "folder rollouts",
        folder.string());
  }
}

std::optional<std::vector<SavedGroup>> RolloutReader::next() {
  if (next_ == files_.size()) return std::nullopt;
  const fs::path& file = files_[next_++];
  std::vector<SavedGroup> groups = read(file);
  std::string name = file.filename().string();
  name.replace(0, std::string_view("step").size(), "shuffled");
  if (const fs::path shuffled = file.parent_path() / name; fs::exists(shuffled))
    add_shuffled(shuffled, groups);
  return groups;
}

std::vector<SavedGroup> RolloutReader::read(const fs::path& file) {
  std::vector<SavedGroup> groups;
  core::for_each_json_line(
      core::read_text_file(file),
      [&](int64_t, const Json& line) {
        SavedGroup group{line.at("step"), line.at("slot"), sample_of(line), {}, {}};
        SavedCompletion completion = completion_of(line);
        if (groups.empty() || groups.back().slot != group.slot) groups.push_back(std::move(group));
        groups.back().completions.push_back(std::move(completion));
      },
      [&](int64_t number, const std::string& reason) {
        bad_lines_.push_back({fmt::format("{}:{}", file.filename().string(), number), reason});
      });
  return groups;
}

void RolloutReader::add_shuffled(const fs::path& file, std::vector<SavedGroup>& groups) {
  for (SavedGroup& shuffled : read(file)) {
    for (SavedGroup& group : groups) {
      if (group.slot == shuffled.slot) group.shuffled = std::move(shuffled.completions);
    }
  }
}

}  // namespace retrace::reward_lab
