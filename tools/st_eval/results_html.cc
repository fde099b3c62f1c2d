// report.html: charts, then the tables of results.md.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "rl/html.h"
#include "rl/svg_bars.h"
#include "tools/st_eval/results.h"

namespace retrace::st_eval {
namespace {

std::string card(std::string_view title, std::string_view note, const rl::BarChart& chart) {
  return fmt::format("<div class=\"card\"><h3>{}</h3><span class=\"soft\">{}</span>{}{}</div>\n",
                     rl::escape_html(title), rl::escape_html(note), rl::render_bar_legend(chart),
                     rl::render_bars(chart));
}

// "route/forward" on two lines.
std::string label_of(int quantity) {
  std::string name = quantity_name(quantity);
  if (const size_t slash = name.find('/'); slash != std::string::npos) name[slash] = '\n';
  return name;
}

rl::BarChart quantity_chart(const Results& results, const std::vector<int>& quantities) {
  rl::BarChart chart;
  chart.y_label = "percent";
  chart.y_max = 100;
  for (const int quantity : quantities) chart.groups.push_back(label_of(quantity));
  for (const auto& [view, result] : results.views) {
    rl::BarSeries series{view == View::kSeen ? "with the video" : "blind twin", {}};
    for (const int quantity : quantities) {
      const auto q = static_cast<size_t>(quantity);
      rl::Bar bar;
      bar.value = result.all[q];
      if (result.bounds[q]) {
        bar.low = result.bounds[q]->low;
        bar.high = result.bounds[q]->high;
      }
      series.bars.push_back(bar);
    }
    chart.series.push_back(series);
  }
  return chart;
}

bool has_problems(const Results& results) {
  return std::ranges::any_of(results.views, [](const auto& view) {
    return view.second.tally.problems[0] < std::accumulate(view.second.tally.problems.begin(),
                                                           view.second.tally.problems.end(),
                                                           int64_t{0});
  });
}

rl::BarChart problem_chart(const Results& results) {
  rl::BarChart chart;
  chart.y_label = "questions";
  for (int i = 1; i < kNumProblems; ++i)
    chart.groups.emplace_back(to_string(static_cast<Problem>(i)));
  for (const auto& [view, result] : results.views) {
    rl::BarSeries series{std::string(to_string(view)), {}};
    for (size_t i = 1; i < kNumProblems; ++i)
      series.bars.push_back({static_cast<double>(result.tally.problems[i]), {}, {}});
    chart.series.push_back(series);
  }
  return chart;
}

rl::BarChart source_chart(const ViewResult& seen) {
  rl::BarChart chart;
  chart.y_label = "percent";
  chart.y_max = 100;
  for (int column = 0; column < kNumColumns; ++column) chart.groups.push_back(label_of(column));
  for (const auto& [source, quantities] : seen.by_source) {
    rl::BarSeries series{source.empty() ? "(unknown)" : source, {}};
    for (size_t column = 0; column < kNumColumns; ++column)
      series.bars.push_back({quantities[column], {}, {}});
    chart.series.push_back(series);
  }
  return chart;
}

std::string charts(const Results& results) {
  std::vector<int> columns;
  for (int column = 0; column < kNumColumns; ++column) columns.push_back(column);
  std::string html = "<div class=\"charts\">\n";
  html += card("Columns", "Percent over all judged questions; whiskers: 95 % interval.",
               quantity_chart(results, columns));
  html += card("Averages", "Plain means of columns. A gap is an average over a missing column.",
               quantity_chart(results, {kAvgStrong, kAvgTotal, kAvgChoice, kAvgChoice + 1,
                                        kAvgRoute, kAvgRoute + 1}));
  if (const auto seen = results.views.find(View::kSeen);
      seen != results.views.end() && seen->second.by_source.size() > 1) {
    html += card("Columns by source", "With the video.", source_chart(seen->second));
  }
  if (has_problems(results))
    html += card("Problems", "Questions by what went wrong; the list is below.",
                 problem_chart(results));
  return html + "</div>\n";
}

}  // namespace

std::string results_html(const Results& results) {
  const std::string title = "Evaluation of " + results.names.model;
  return rl::html_page(title, "<h1>" + rl::escape_html(title) + "</h1>\n" + charts(results) +
                                  rl::markdown_sections_to_html(results_markdown(results)));
}

}  // namespace retrace::st_eval
