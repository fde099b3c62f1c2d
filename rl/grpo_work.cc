#include "rl/grpo_work.h"

#include <nlohmann/json.hpp>
#include <numeric>

namespace retrace::rl {
namespace {

nlohmann::ordered_json completion_json(const rollout::Completion& completion,
                                       const reward::Score& score, size_t index) {
  nlohmann::ordered_json parts;
  for (const reward::RewardPart& part : score.parts) {
    parts[part.name] =
        part.raw ? nlohmann::ordered_json(*part.raw) : nlohmann::ordered_json(nullptr);
  }
  const double logprob_sum =
      std::accumulate(completion.logprobs.begin(), completion.logprobs.end(), 0.0);
  nlohmann::ordered_json line;
  line["completion_index"] = index;
  line["text"] = completion.text;
  line["num_tokens"] = completion.ids.size();
  line["finish"] = rollout::to_string(completion.finish);
  line["logprob_mean"] = logprob_sum / static_cast<double>(completion.ids.size());
  line["policy_version"] = completion.policy_version;
  line["reward_parts"] = parts;
  line["reward"] =
      score.total ? nlohmann::ordered_json(*score.total) : nlohmann::ordered_json(nullptr);
  return line;
}

nlohmann::ordered_json path_list(const std::vector<std::filesystem::path>& paths) {
  auto list = nlohmann::ordered_json::array();
  for (const std::filesystem::path& path : paths) list.push_back(path.string());
  return list;
}

nlohmann::ordered_json prompt_json(const PromptWork& item, int64_t step) {
  nlohmann::ordered_json line;
  line["step"] = step;
  line["slot"] = item.slot;
  line["sample"] = item.sample->index;
  line["task"] = data::to_string(item.sample->task);
  line["direction"] = data::to_string(item.sample->direction);
  line["images"] = path_list(item.sample->images);
  line["videos"] = path_list(item.sample->videos);
  line["problem"] = item.sample->problem;
  line["answer"] = item.sample->answer;
  line["solution"] = item.sample->solution;
  line["question"] = item.sample->question;
  line["options"] = item.sample->options;
  line["opposite"] = item.sample->opposite;
  line["source"] = item.sample->source;
  return line;
}

std::string to_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

PackItem PromptWork::pack_item(const at::Tensor& vision_rows) const {
  PackItem item;
  item.prompt = &prompt.tokens;
  for (const rollout::Completion& completion : group.completions)
    item.completions.push_back(&completion.ids);
  item.vision_rows = vision_rows;
  return item;
}

std::string rollout_lines(const std::vector<PromptWork>& work, int64_t step) {
  std::string lines;
  for (const PromptWork& item : work) {
    for (size_t index = 0; index < item.group.completions.size(); ++index) {
      nlohmann::ordered_json line = prompt_json(item, step);
      line.update(completion_json(item.group.completions[index], item.scores[index], index));
      line["advantage"] = item.advantage.advantages[index];
      lines += to_line(line);
    }
  }
  return lines;
}

std::string shuffled_lines(const std::vector<PromptWork>& work, int64_t step) {
  std::string lines;
  for (const PromptWork& item : work) {
    if (!item.shuffled) continue;
    for (size_t index = 0; index < item.shuffled->group.completions.size(); ++index) {
      nlohmann::ordered_json line = prompt_json(item, step);
      line.update(completion_json(item.shuffled->group.completions[index],
                                  item.shuffled->scores[index], index));
      lines += to_line(line);
    }
  }
  return lines;
}

}  // namespace retrace::rl
