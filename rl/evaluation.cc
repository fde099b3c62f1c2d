#include "rl/evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/files.h"
#include "core/progress.h"
#include "core/random.h"
#include "reward/answer_parser.h"
#include "rl/agreement.h"
#include "rl/grpo_stage.h"
#include "rl/vision_rows.h"

namespace retrace::rl {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPromptsAtOnce = 64;  // bounds memory for prompts and prefixes

Json result_line(const data::Sample& sample, const rollout::Completion& completion) {
  const std::optional<char> letter = reward::extract_letter(completion.text);
  Json line;
  line["sample"] = sample.index;
  line["task"] = data::to_string(sample.task);
  line["direction"] = data::to_string(sample.direction);
  line["answer"] = sample.answer;
  line["letter"] = letter ? Json(std::string(1, *letter)) : Json(nullptr);
  line["correct"] = letter && sample.answer == std::string(1, *letter);
  line["finish"] = rollout::to_string(completion.finish);
  line["text"] = completion.text;
  return line;
}

// The share of this rank: samples rank, rank + size, ... ; one JSON line each.
std::string evaluate_share(const RunContext& context, const std::vector<data::Sample>& samples,
                           bool blind) {
  const at::NoGradGuard no_grad;
  const rollout::RolloutEngine engine(context.policy, context.tokenizer,
                                      rollout_options(context, context.config.eval.temperature));
  const core::RandomStream stream(context.config.run.seed,
                                  blind ? "evaluation blind" : "evaluation");
  const auto rank = static_cast<size_t>(context.communicator.rank());
  const auto size = static_cast<size_t>(context.communicator.size());
  core::ProgressLine progress(blind ? "evaluating, blind" : "evaluating",
                              static_cast<int64_t>(samples.size()), "questions", rank == 0);
  std::string lines;
  for (size_t begin = 0; begin < samples.size(); begin += kPromptsAtOnce * size) {
    const size_t end = std::min(begin + kPromptsAtOnce * size, samples.size());
    std::vector<PreparedPrompt> prompts;
    std::vector<size_t> indices;
    for (size_t i = begin + rank; i < end; i += size) {
      prompts.push_back(context.prompts.build(samples[i], blind));
      context.prompts.require_positions(samples[i], prompts.back(),
                                        context.config.rollout.max_new_tokens);
      indices.push_back(i);
    }
    std::vector<rollout::RolloutRequest> requests;
    for (size_t i = 0; i < prompts.size(); ++i) {
      requests.push_back({&prompts[i].tokens,
                          VisionRows(context.policy, prompts[i], false).detached(), 1,
                          stream.substream(indices[i])});
    }
    const std::vector<rollout::RolloutGroup> groups = engine.generate(requests, 0);
    for (size_t i = 0; i < groups.size(); ++i) {
      lines += result_line(samples[indices[i]], groups[i].completions[0])
                   .dump(-1, ' ', false, Json::error_handler_t::replace) +
               "\n";
    }
    progress.update(static_cast<int64_t>(end));
  }
  progress.finish();
  return lines;
}

void count(EvalResult& result, const Json& line) {
  const std::string task = line["task"], direction = line["direction"];
  for (const std::string& key : {std::string("all"), direction, task + "/" + direction}) {
    EvalCount& group = result.groups[key];
    ++group.total;
    group.answered += line["letter"].is_null() ? 0 : 1;
    group.correct += line["correct"].get<bool>() ? 1 : 0;
  }
}

}  // namespace

Interval wilson_interval(int64_t correct, int64_t total) {
  if (total == 0) return {0, 1};
  constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the standard normal
  const auto n = static_cast<double>(total);
  const double p = static_cast<double>(correct) / n;
  const double centre = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / (1 + kZ * kZ / n);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

EvalResult evaluate(const RunContext& context, const std::vector<data::Sample>& samples, bool blind,
                    const std::filesystem::path& details) {
  std::string share;
  run_on_all_ranks(context.communicator, [&] { share = evaluate_share(context, samples, blind); });
  const std::vector<std::string> by_rank = context.communicator.all_gather(share, "evaluation");
  std::vector<std::string> lines(samples.size());
  EvalResult result;
  result.groups["all"];
  for (size_t rank = 0; rank < by_rank.size(); ++rank) {
    std::istringstream stream(by_rank[rank]);
    size_t position = rank;
    for (std::string line; std::getline(stream, line); position += by_rank.size()) {
      count(result, Json::parse(line));
      lines.at(position) = line;
    }
  }
  if (context.communicator.rank() == 0 && !details.empty()) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    core::write_file_atomically(details, text);
  }
  return result;
}

}  // namespace retrace::rl
