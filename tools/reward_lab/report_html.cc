// The HTML page: plots, then the tables of the Markdown page.
#include <fmt/format.h>

#include "rl/html.h"
#include "rl/svg_bars.h"
#include "tools/reward_lab/report.h"

namespace retrace::reward_lab {
namespace {

constexpr size_t kNumBins = 20;

std::string card(std::string_view title, std::string_view note, const rl::BarChart& chart) {
  return fmt::format("<div class=\"card\"><h3>{}</h3><span class=\"soft\">{}</span>{}{}</div>\n",
                     rl::escape_html(title), rl::escape_html(note), rl::render_bar_legend(chart),
                     rl::render_bars(chart));
}

std::string distribution_card(const DesignSummary& design) {
  const std::optional<Spread> spread = spread_of(design.totals);
  if (!spread) return "";
  rl::BarChart chart;
  chart.y_label = "percent of completions";
  const double width = (spread->max - spread->min) / kNumBins;
  for (size_t bin = 0; bin < kNumBins; ++bin) {
    const double centre = spread->min + width * (static_cast<double>(bin) + 0.5);
    chart.groups.push_back(bin % 4 == 2 ? fmt::format("{:.2f}", centre) : "");
  }
  rl::BarSeries series{design.name, {}};
  for (const double share : histogram(design.totals, spread->min, spread->max, kNumBins))
    series.bars.push_back({100 * share, {}, {}});
  chart.series.push_back(std::move(series));
  return card("Reward: " + design.name,
              fmt::format("{} completions, mean {:.3f}", design.totals.size(), spread->mean),
              chart);
}

// One bar a design.
template <class Value>
std::string designs_card(const LabResults& results, std::string_view title, std::string_view note,
                         std::string_view unit, Value value) {
  rl::BarChart chart;
  chart.y_label = unit;
  rl::BarSeries series{std::string(unit), {}};
  for (const DesignSummary& design : results.designs) {
    chart.groups.push_back(design.name);
    series.bars.push_back({value(design), {}, {}});
  }
  chart.series.push_back(std::move(series));
  return card(title, note, chart);
}

std::string dead_card(const LabResults& results) {
  return designs_card(results, "Dead groups", "No two rewards differ: nothing to learn from.",
                      "percent of groups",
                      [](const DesignSummary& design) -> std::optional<double> {
                        if (design.num_groups == 0) return std::nullopt;
                        return 100.0 * static_cast<double>(design.num_dead) /
                               static_cast<double>(design.num_groups);
                      });
}

std::string std_card(const LabResults& results) {
  return designs_card(results, "Spread within groups", "Mean standard deviation of a group.",
                      "reward", [](const DesignSummary& design) -> std::optional<double> {
                        const std::optional<Spread> stds = spread_of(design.group_stds);
                        return stds ? std::optional(stds->mean) : std::nullopt;
                      });
}

std::string agreement_card(const LabResults& results) {
  rl::BarChart chart;
  chart.y_label = "rank agreement";
  chart.y_max = 1;
  chart.series = {{"Kendall", {}}, {"Spearman", {}}};
  for (const auto& [which, pair] : results.pairs) {
    chart.groups.push_back(results.designs[which.first].name + "\n" +
                           results.designs[which.second].name);
    chart.series[0].bars.push_back({pair.kendall.mean(), {}, {}});
    chart.series[1].bars.push_back({pair.spearman.mean(), {}, {}});
  }
  return card("Agreement", "Means over groups that both designs order.", chart);
}

std::string hack_card(const LabResults& results, const DesignSummary& design) {
  rl::BarChart chart;
  chart.y_label = "gain in reward";
  rl::BarSeries series{"gain", {}};
  for (size_t i = 0; i < results.hack_names.size(); ++i) {
    const auto found = design.hacks.find(results.hack_names[i]);
    chart.groups.push_back(std::to_string(i + 1));
    series.bars.push_back(
        {found == design.hacks.end() ? std::nullopt : found->second.gain.mean(), {}, {}});
  }
  chart.series.push_back(std::move(series));
  return card("Hack strings: " + design.name,
              "Gain over the group's own completions; numbers are rows of the table below.", chart);
}

std::string charts(const LabResults& results) {
  std::string html = "<div class=\"charts\">\n";
  for (const DesignSummary& design : results.designs) html += distribution_card(design);
  html += dead_card(results) + std_card(results) + agreement_card(results);
  for (size_t i = 1; i < results.designs.size(); ++i)
    html += hack_card(results, results.designs[i]);
  return html + "</div>\n";
}

}  // namespace

std::string lab_html(const LabResults& results) {
  return rl::html_page("Reward designs", "<h1>Reward designs on saved rollouts</h1>\n" +
                                             charts(results) +
                                             rl::markdown_sections_to_html(lab_markdown(results)));
}

}  // namespace retrace::reward_lab
