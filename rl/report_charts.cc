#include "rl/report_charts.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace retrace::rl {
namespace {

struct Curve {
  std::string metric, label;
  bool dashed = false;
};

// Collects charts over one history; a curve without points is left out, and a chart without curves.
class ChartList {
 public:
  explicit ChartList(const MetricHistory& history) : history_(history) {
    for (const auto& [stage, step] : history.first_step) {
      if (stage != "eval") stages_.push_back({static_cast<double>(step), stage});
    }
  }

  // `style` gives limits, level and tick format; its series are filled here.
  void add(std::string title, std::string note, LineChart style, const std::vector<Curve>& curves) {
    for (const Curve& curve : curves) {
      ChartSeries series{curve.label, {}, curve.dashed};
      for (const MetricPoint& point : history_.points(curve.metric)) {
        series.points.push_back({static_cast<double>(point.step), point.value});
      }
      if (!series.points.empty()) style.series.push_back(std::move(series));
    }
    if (!has_points(style)) return;
    if (stages_.size() > 1) style.stages = stages_;
    charts_.push_back({std::move(title), std::move(note), std::move(style)});
  }

  std::vector<ReportChart> take() { return std::move(charts_); }

 private:
  const MetricHistory& history_;
  std::vector<ChartRule> stages_;
  std::vector<ReportChart> charts_;
};

LineChart plain(std::string y_label) {
  LineChart style;
  style.y_label = std::move(y_label);
  return style;
}

LineChart from_zero(std::string y_label) {
  LineChart style = plain(std::move(y_label));
  style.y_min = 0;
  return style;
}

LineChart share(std::string y_label) {
  LineChart style = from_zero(std::move(y_label));
  style.y_max = 1;
  style.percent = true;
  return style;
}

// "reward/<name>/mean" for every <name> that occurs.
std::vector<Curve> reward_parts(const MetricHistory& history) {
  constexpr std::string_view kBegin = "reward/", kEnd = "/mean";
  std::vector<Curve> curves;
  for (const auto& [name, points] : history.by_name) {
    if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) continue;
    if (name.size() <= kBegin.size() + kEnd.size()) continue;  // reward/mean, the total
    curves.push_back({name, name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size())});
  }
  return curves;
}

void add_evaluation(ChartList& charts, std::optional<char> last_answer) {
  LineChart style = share("questions answered right");
  style.smooth = false;
  if (last_answer && *last_answer > 'A') {
    style.level =
        ChartRule{1.0 / (*last_answer - 'A' + 1), fmt::format("chance (A to {})", *last_answer)};
  }
  charts.add(
      "Evaluation accuracy",
      "Held-out questions. Blind: the same with every frame painted grey; what it gets right "
      "above chance is not "
      "seen but guessed.",
      style,
      {{"eval/accuracy", "all"},
       {"eval/accuracy/forward", "forward"},
       {"eval/accuracy/reverse", "reverse"},
       {"eval/accuracy_blind", "blind", true}});
}

void add_rewards(ChartList& charts, const MetricHistory& history) {
  charts.add("Reward",
             "Mean total reward of a step's completions, and how much they differ within a group.",
             plain("reward"),
             {{"reward/mean", "mean"}, {"reward/group_std", "deviation in a group"}});
  charts.add("Reward parts", "Mean of every reward before its weight.", plain("raw reward"),
             reward_parts(history));
  charts.add("Shares",
             "Dead groups: all completions earn the same, so the group teaches nothing. Truncated: "
             "stopped by the length "
             "limit. Clipped: tokens whose ratio was cut.",
             share("share"),
             {{"groups/dead_fraction", "dead groups"},
              {"completion/truncated_fraction", "truncated"},
              {"policy/clip_fraction", "clipped"}});
}

void add_learning(ChartList& charts) {
  charts.add("SFT loss", "Mean next-token loss over demonstration tokens.", plain("nats a token"),
             {{"sft/loss", "loss"}});
  charts.add("Policy loss",
             "Clipped policy loss plus KL term. It hovers around zero by construction: judge by "
             "the reward.",
             plain("loss"), {{"policy/loss", "loss"}});
  charts.add("KL to the reference",
             "Mean estimate per token against the model at the start of GRPO.",
             from_zero("nats a token"), {{"kl/mean", "KL"}});
  charts.add(
      "Entropy",
      "Of the next-token distribution; a fall to zero means that the group no longer explores.",
      from_zero("nats a token"), {{"policy/entropy", "grpo"}, {"sft/entropy", "sft"}});
  charts.add("Completion length", "Mean tokens of a completion.", from_zero("tokens"),
             {{"completion/length_mean", "length"}});
  charts.add("Gradient norm", "Before clipping.", from_zero("norm"),
             {{"policy/grad_norm", "norm"}});
  charts.add("Learning rate", "As the schedule gives it.", from_zero("rate"),
             {{"policy/learning_rate", "rate"}});
}

void add_machine(ChartList& charts) {
  charts.add("Step time by part", "Where the seconds of a step go.", from_zero("seconds"),
             {{"time/rollout_s", "rollout"},
              {"time/update_s", "update"},
              {"time/video_s", "video"},
              {"time/reward_s", "reward"},
              {"time/step_s", "whole step", true}});
  charts.add("Throughput", "Rows of packed training batches a second, over the whole step.",
             from_zero("tokens a second"), {{"perf/tokens_per_s", "tokens"}});
  charts.add("Memory", "Most that the process has held so far, of the largest rank.",
             from_zero("GB"), {{"memory/peak_gb", "peak"}});
  charts.add("Log-prob gap",
             "Difference between the log-probs that sampling returned and those that training "
             "computes for the same tokens.",
             from_zero("nats"),
             {{"rollout/logprob_gap_max", "largest"}, {"rollout/logprob_gap_mean", "mean"}});
}

}  // namespace

std::vector<ReportChart> make_report_charts(const MetricHistory& history,
                                            std::optional<char> last_answer) {
  ChartList charts(history);
  add_evaluation(charts, last_answer);
  add_rewards(charts, history);
  add_learning(charts);
  add_machine(charts);
  return charts.take();
}

}  // namespace retrace::rl
