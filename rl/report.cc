#include "rl/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "rl/html.h"
#include "rl/report_charts.h"
#include "rl/report_completions.h"
#include "rl/run_folder.h"
#include "rl/run_records.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;

std::string tile(std::string_view name, const std::string& value, const std::string& note) {
  return fmt::format(
      "<div class=\"tile\"><span class=\"soft\">{}</span><b>{}</b><span "
      "class=\"soft\">{}</span></div>\n",
      escape_html(name), escape_html(value), escape_html(note));
}

// Mean of the finite values among the first or last `count` points; NaN without any.
double mean_of(const std::vector<MetricPoint>& points, size_t begin, size_t end) {
  double sum = 0;
  size_t known = 0;
  for (size_t i = begin; i < end; ++i) {
    if (!std::isfinite(points[i].value)) continue;
    sum += points[i].value;
    ++known;
  }
  return sum / static_cast<double>(known);
}

std::string accuracy_tile(const MetricHistory& history) {
  const std::vector<MetricPoint>& points = history.points("eval/accuracy");
  if (points.empty()) return "";
  const std::string last = fmt::format("{:.1f} %", 100 * points.back().value);
  if (points.size() == 1)
    return tile("Evaluation accuracy", last, fmt::format("at step {}", points.back().step));
  return tile("Evaluation accuracy", fmt::format("{:.1f} to {}", 100 * points.front().value, last),
              fmt::format("steps {} and {}", points.front().step, points.back().step));
}

std::string reward_tile(const MetricHistory& history) {
  const std::vector<MetricPoint>& points = history.points("reward/mean");
  if (points.empty()) return "";
  const size_t window = std::min<size_t>(10, points.size());
  const double first = mean_of(points, 0, window),
               last = mean_of(points, points.size() - window, points.size());
  return tile("Reward", fmt::format("{:.3f} to {:.3f}", first, last),
              fmt::format("means of the first and last {} steps", window));
}

std::string steps_tile(const MetricHistory& history) {
  const std::vector<MetricPoint>& points = history.points("time/step_s");
  if (points.empty()) return "";
  double seconds = 0;
  for (const MetricPoint& point : points) seconds += std::isfinite(point.value) ? point.value : 0;
  const size_t num_sft = history.points("sft/loss").size(),
               num_grpo = history.points("reward/mean").size();
  return tile("Optimizer steps", fmt::format("{}", points.size()),
              fmt::format("{} sft, {} grpo; {} in them", num_sft, num_grpo,
                          core::format_duration(seconds)));
}

std::string gap_tile(const MetricHistory& history) {
  const std::vector<MetricPoint>& points = history.points("rollout/logprob_gap_max");
  double largest = 0;
  for (const MetricPoint& point : points) largest = std::max(largest, point.value);
  return points.empty() ? ""
                        : tile("Largest log-prob gap", fmt::format("{:.2g}", largest),
                               "sampling against training, nats");
}

std::string charts_section(const MetricHistory& history, std::optional<char> last_answer) {
  const std::vector<ReportChart> charts = make_report_charts(history, last_answer);
  if (charts.empty()) return "";
  std::string html =
      "<h2>Curves</h2>\n<p class=\"soft\">Over optimizer steps of the run. Long series: single "
      "steps are faint, the bold line "
      "is their running mean.</p>\n<div class=\"charts\">\n";
  for (const ReportChart& item : charts) {
    html += "<div class=\"card\"><h3>" + escape_html(item.title) + "</h3><span class=\"soft\">" +
            escape_html(item.note) + "</span>" + render_legend(item.chart) +
            render_svg(item.chart) + "</div>\n";
  }
  return html + "</div>\n";
}

std::string results_section(const fs::path& summary) {
  if (!fs::exists(summary)) return "";
  const std::string table = markdown_table_to_html(core::read_text_file(summary));
  return table.empty() ? "" : "<h2>Results</h2>\n<div class=\"card\">" + table + "</div>\n";
}

std::string completions_section(const fs::path& rollout_folder) {
  const std::vector<fs::path> files = list_rollout_files(rollout_folder);
  if (files.empty()) return "";
  std::vector<std::pair<std::string, fs::path>> shown = {
      {"Completions of the first GRPO step", files.front()}};
  if (files.size() > 1) shown.emplace_back("Completions of the last GRPO step", files.back());
  std::string html;
  for (const auto& [title, file] : shown) {
    const std::string groups = completions_html(file);
    if (groups.empty()) continue;
    html += "<h2>" + title + "</h2>\n<p class=\"soft\">From " +
            escape_html("rollouts/" + file.filename().string()) + "</p>\n" + groups;
  }
  return html;
}

// environment.json as a table; a file that does not parse is shown as text.
std::string environment_html(const std::string& text) {
  const nlohmann::ordered_json json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) return "<pre>" + escape_html(text) + "</pre>";
  std::string rows;
  for (const auto& [key, value] : json.items()) {
    rows += "<tr><th>" + escape_html(key) + "</th><td>" +
            escape_html(value.is_string() ? value.get<std::string>() : value.dump()) +
            "</td></tr>\n";
  }
  return "<div class=\"scroll\"><table><tbody>" + rows + "</tbody></table></div>";
}

std::string setup_section(const RunFolder& folder) {
  std::string html;
  if (fs::exists(folder.config())) {
    html += "<details class=\"card\"><summary>Recipe, every value</summary><pre>" +
            escape_html(core::read_text_file(folder.config())) + "</pre></details>\n";
  }
  if (fs::exists(folder.environment())) {
    html += "<details class=\"card\"><summary>Program and machine</summary>" +
            environment_html(core::read_text_file(folder.environment())) + "</details>\n";
  }
  return html.empty() ? "" : "<h2>Setup</h2>\n" + html;
}

std::string page(const RunFolder& folder, const std::string& name) {
  const MetricHistory history = read_metric_history(folder.root() / "metrics.jsonl");
  std::string body =
      "<h1>" + escape_html(name) + "</h1>\n<p class=\"soft\">Run report by Retrace</p>\n";
  const std::string tiles =
      accuracy_tile(history) + reward_tile(history) + steps_tile(history) + gap_tile(history);
  if (!tiles.empty()) body += "<div class=\"tiles\">\n" + tiles + "</div>\n";
  body += results_section(folder.summary());
  body += charts_section(history, last_answer_letter(folder.evaluations()));
  body += completions_section(folder.rollouts());
  body += setup_section(folder);
  return html_page(name, body);
}

}  // namespace

void write_report(const fs::path& run_folder) {
  if (!fs::is_directory(run_folder)) {
    core::throw_<core::DataError>(
        "{}: no such run folder; give the folder that holds metrics.jsonl", run_folder.string());
  }
  const RunFolder folder(run_folder);
  const fs::path absolute = fs::weakly_canonical(run_folder);
  core::write_file_atomically(run_folder / "report.html",
                              page(folder, absolute.filename().string()));
}

}  // namespace retrace::rl
