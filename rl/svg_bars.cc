#include "rl/svg_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "rl/html.h"
#include "rl/svg_chart.h"

namespace retrace::rl {
namespace {

constexpr double kWidth = 560, kHeight = 260;  // units of the view box
constexpr double kLeft = 62, kRight = 14, kTop = 26, kBottom = 48;
constexpr double kPlotRight = kWidth - kRight, kPlotBottom = kHeight - kBottom;
constexpr size_t kNumColours = 6;
constexpr double kGap = 0.25;  // share of a group's width that stays empty

std::string colour(size_t series_idx) {
  return fmt::format("var(--series-{})", series_idx % kNumColours);
}

struct Axis {
  double low = 0, high = 0;
  double to_y(double value) const {
    return kPlotBottom - (value - low) / (high - low) * (kPlotBottom - kTop);
  }
};

Axis make_axis(const BarChart& chart) {
  Axis axis;
  if (chart.y_max) axis.high = *chart.y_max;
  for (const BarSeries& series : chart.series) {
    RETRACE_CHECK(series.bars.size() == chart.groups.size(), "{} bars for {} groups",
                  series.bars.size(), chart.groups.size());
    for (const Bar& bar : series.bars) {
      for (const std::optional<double>& value : {bar.value, bar.low, bar.high}) {
        if (!value) continue;
        RETRACE_CHECK(std::isfinite(*value), "a bar of height {}", *value);
        axis.low = std::min(axis.low, *value);
        axis.high = std::max(axis.high, *value);
      }
    }
  }
  if (axis.low == axis.high) axis.high = axis.low + 1;
  return axis;
}

std::string grid(const BarChart& chart, const Axis& axis) {
  std::string svg;
  for (const double tick : nice_ticks(axis.low, axis.high, 5)) {
    const double y = axis.to_y(tick);
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.2f}\" y2=\"{:.2f}\"/>",
                       kLeft, kPlotRight, y, y);
    svg += fmt::format("<text class=\"tick\" text-anchor=\"end\" x=\"{}\" y=\"{:.2f}\">{}</text>\n",
                       kLeft - 7, y + 4, format_tick(tick));
  }
  return svg + fmt::format("<text class=\"tick\" x=\"4\" y=\"14\">{}</text>\n",
                           escape_html(chart.y_label));
}

std::string one_bar(const Bar& bar, double x, double width, size_t series_idx, const Axis& axis) {
  if (!bar.value) return "";
  const double top = axis.to_y(std::max(*bar.value, 0.0)),
               bottom = axis.to_y(std::min(*bar.value, 0.0));
  std::string svg = fmt::format(
      "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" style=\"fill:{}\"/>", x,
      top, width, bottom - top, colour(series_idx));
  if (bar.low && bar.high) {
    svg += fmt::format(
        "<path d=\"M{0:.2f} {1:.2f}V{2:.2f}M{3:.2f} {1:.2f}H{4:.2f}M{3:.2f} {2:.2f}H{4:.2f}\" "
        "style=\"fill:none;stroke:var(--text);stroke-width:1.2\"/>",
        x + width / 2, axis.to_y(*bar.low), axis.to_y(*bar.high), x + width * 0.25,
        x + width * 0.75);
  }
  return svg + "\n";
}

// Words of a label below each other, at most two lines.
std::string group_label(const std::string& label, double x) {
  const size_t cut = label.find('\n');
  std::string svg;
  for (const auto& [text, line] : {std::pair(label.substr(0, cut), 0),
                                   {cut == std::string::npos ? "" : label.substr(cut + 1), 1}}) {
    if (text.empty()) continue;
    svg += fmt::format(
        "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.2f}\" y=\"{:.2f}\">{}</text>", x,
        kPlotBottom + 17 + 14 * line, escape_html(text));
  }
  return svg + "\n";
}

}  // namespace

std::string render_bars(const BarChart& chart) {
  const Axis axis = make_axis(chart);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                kWidth, kHeight, escape_html(chart.y_label));
  svg += grid(chart, axis);
  const double group_width =
      (kPlotRight - kLeft) / static_cast<double>(std::max<size_t>(chart.groups.size(), 1));
  const double bar_width =
      group_width * (1 - kGap) / static_cast<double>(std::max<size_t>(chart.series.size(), 1));
  for (size_t group = 0; group < chart.groups.size(); ++group) {
    const double left = kLeft + group_width * (static_cast<double>(group) + kGap / 2);
    for (size_t s = 0; s < chart.series.size(); ++s) {
      svg += one_bar(chart.series[s].bars[group], left + bar_width * static_cast<double>(s),
                     bar_width, s, axis);
    }
    svg +=
        group_label(chart.groups[group], kLeft + group_width * (static_cast<double>(group) + 0.5));
  }
  return svg + fmt::format(
                   "<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{:.2f}\" y2=\"{:.2f}\"/></svg>\n",
                   kLeft, kPlotRight, axis.to_y(0), axis.to_y(0));
}

std::string render_bar_legend(const BarChart& chart) {
  if (chart.series.size() < 2) return "";
  std::string html = "<div class=\"legend\">";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    html += fmt::format("<span><i style=\"border-top:8px solid {}\"></i>{}</span>", colour(i),
                        escape_html(chart.series[i].label));
  }
  return html + "</div>\n";
}

}  // namespace retrace::rl
