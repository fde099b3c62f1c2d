#include "rl/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "rl/html.h"

namespace retrace::rl {
namespace {

constexpr double kWidth = 560, kHeight = 260;                       // units of the view box
constexpr double kLeft = 62, kRight = 14, kTop = 26, kBottom = 34;  // margins around the plot
constexpr double kPlotRight = kWidth - kRight, kPlotBottom = kHeight - kBottom;
constexpr size_t kNumColours = 6;
constexpr size_t kDotsUpTo = 20;    // points
constexpr size_t kSmoothFrom = 40;  // points; shorter series are drawn as they are

std::string colour(size_t series_idx) {
  return fmt::format("var(--series-{})", series_idx % kNumColours);
}

bool is_finite(const ChartPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Gives a range without extent, or one below the resolution of doubles, some.
  void widen() {
    const double smallest = std::max(std::abs(high) * 1e-9, 1e-300);
    if (high - low > smallest) return;
    const double margin = std::max(std::abs(high) * 0.1, 1e-12);
    low -= margin;
    high += margin;
  }
};

// From data to units of the view box.
struct Scale {
  Range x, y;
  double to_x(double value) const {
    return kLeft + (value - x.low) / (x.high - x.low) * (kPlotRight - kLeft);
  }
  double to_y(double value) const {
    return kPlotBottom - (value - y.low) / (y.high - y.low) * (kPlotBottom - kTop);
  }
};

Scale make_scale(const LineChart& chart) {
  Scale scale;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (!is_finite(point)) continue;
      scale.x.include(point.x);
      scale.y.include(point.y);
    }
  }
  RETRACE_CHECK(scale.x.low <= scale.x.high, "a chart without points");
  if (chart.level) scale.y.include(chart.level->value);
  if (chart.y_min) scale.y.include(*chart.y_min);
  if (chart.y_max) scale.y.include(*chart.y_max);
  scale.x.widen();
  scale.y.widen();
  // Data ends below the frame, but an axis that starts at a given limit starts there.
  const double margin = (scale.y.high - scale.y.low) * 0.05;
  if (!chart.y_min || scale.y.low < *chart.y_min) scale.y.low -= margin;
  if (!chart.y_max || scale.y.high > *chart.y_max) scale.y.high += margin;
  return scale;
}

std::string y_axis(const LineChart& chart, const Scale& scale) {
  std::string svg;
  for (const double tick : nice_ticks(scale.y.low, scale.y.high, 5)) {
    const double y = scale.to_y(tick);
    const std::string label = chart.percent ? format_tick(tick * 100) + " %" : format_tick(tick);
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.2f}\" y2=\"{:.2f}\"/>",
                       kLeft, kPlotRight, y, y);
    svg += fmt::format("<text class=\"tick\" text-anchor=\"end\" x=\"{}\" y=\"{:.2f}\">{}</text>\n",
                       kLeft - 7, y + 4, label);
  }
  return svg + fmt::format("<text class=\"tick\" x=\"4\" y=\"14\">{}</text>\n",
                           escape_html(chart.y_label));
}

std::string x_axis(const Scale& scale) {
  std::string svg = fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n",
                                kLeft, kPlotRight, kPlotBottom, kPlotBottom);
  for (const double tick : nice_ticks(scale.x.low, scale.x.high, 7)) {
    if (tick != std::floor(tick)) continue;  // x counts steps
    svg +=
        fmt::format("<text class=\"tick\" text-anchor=\"middle\" x=\"{:.2f}\" y=\"{}\">{}</text>",
                    scale.to_x(tick), kPlotBottom + 17, format_tick(tick));
  }
  return svg + "\n";
}

std::string stage_lines(const LineChart& chart, const Scale& scale) {
  std::string svg;
  for (const ChartRule& stage : chart.stages) {
    // A line at the edge would say what the axis says.
    const double margin = 0.02 * (scale.x.high - scale.x.low);
    if (stage.value < scale.x.low + margin || stage.value > scale.x.high) continue;
    const double x = scale.to_x(stage.value);
    svg +=
        fmt::format("<line class=\"stage\" x1=\"{0:.2f}\" x2=\"{0:.2f}\" y1=\"{1}\" y2=\"{2}\"/>",
                    x, kTop, kPlotBottom);
    svg += fmt::format("<text class=\"tick\" x=\"{:.2f}\" y=\"{}\">{}</text>\n", x + 4,
                       kPlotBottom - 5, escape_html(stage.label));
  }
  return svg;
}

std::string level_line(const LineChart& chart, const Scale& scale) {
  if (!chart.level) return "";
  const double y = scale.to_y(chart.level->value);
  return fmt::format(
      "<line class=\"level\" x1=\"{}\" x2=\"{}\" y1=\"{:.2f}\" y2=\"{:.2f}\"/>"
      "<text class=\"tick\" text-anchor=\"end\" x=\"{}\" y=\"{:.2f}\">{}</text>\n",
      kLeft, kPlotRight, y, y, kPlotRight - 2, y - 4, escape_html(chart.level->label));
}

// One <path>: every run of finite points starts a new sub-path. Single points show as dots through
// round line caps.
std::string path(const std::vector<ChartPoint>& points, const Scale& scale,
                 std::string_view attributes) {
  std::string data;
  bool pen_down = false;
  for (const ChartPoint& point : points) {
    if (!is_finite(point)) {
      pen_down = false;
      continue;
    }
    data += fmt::format("{}{:.2f} {:.2f}", pen_down ? "L" : "M", scale.to_x(point.x),
                        scale.to_y(point.y));
    if (!pen_down) data += "h0";
    pen_down = true;
  }
  return fmt::format("<path {} d=\"{}\"/>\n", attributes, data);
}

// Few points are shown one by one: each a sub-path without length under a round cap.
std::string dots(const std::vector<ChartPoint>& points, size_t series_idx, const Scale& scale) {
  if (points.size() > kDotsUpTo) return "";
  std::string data;
  for (const ChartPoint& point : points) {
    if (is_finite(point)) {
      data += fmt::format("M{:.2f} {:.2f}h0", scale.to_x(point.x), scale.to_y(point.y));
    }
  }
  return fmt::format("<path class=\"dots\" style=\"stroke:{}\" d=\"{}\"/>\n", colour(series_idx),
                     data);
}

std::string series_lines(const LineChart& chart, size_t index, const Scale& scale) {
  const ChartSeries& series = chart.series[index];
  const std::string line =
      fmt::format("class=\"line\"{} style=\"stroke:{}\"",
                  series.dashed ? " stroke-dasharray=\"5 4\"" : "", colour(index));
  const size_t window = chart.smooth ? smoothing_window(series.points.size()) : 1;
  if (window == 1) {
    return path(series.points, scale, line) + dots(series.points, index, scale);
  }
  std::vector<double> breaks;
  for (const ChartRule& stage : chart.stages) breaks.push_back(stage.value);
  return path(series.points, scale,
              fmt::format("class=\"faint\" style=\"stroke:{}\"", colour(index))) +
         path(running_mean(series.points, window, breaks), scale, line);
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int max_count) {
  RETRACE_CHECK(low < high && max_count >= 1, "ticks for [{}, {}], {} of them", low, high,
                max_count);
  const double rough = (high - low) / max_count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  // Multiples of the step, with a little room for rounding; 0 is exactly 0.
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double multiple = first; multiple <= last; ++multiple)
    ticks.push_back(multiple * step + 0.0);
  return ticks;
}

std::string format_tick(double value) {
  if (value == 0) return "0";
  const double magnitude = std::abs(value);
  if (magnitude >= 1e6 || magnitude < 1e-3) return fmt::format("{:.3g}", value);
  std::string text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::vector<ChartPoint> running_mean(const std::vector<ChartPoint>& points, size_t window,
                                     const std::vector<double>& breaks) {
  const auto part_of = [&](const ChartPoint& point) {
    return std::count_if(breaks.begin(), breaks.end(), [&](double x) { return x <= point.x; });
  };
  const size_t reach = window / 2;
  std::vector<ChartPoint> means = points;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!is_finite(points[i])) continue;
    double sum = 0;
    size_t count = 0;
    for (size_t j = i - std::min(i, reach); j < points.size() && j <= i + reach; ++j) {
      if (!is_finite(points[j]) || part_of(points[j]) != part_of(points[i])) continue;
      sum += points[j].y;
      ++count;
    }
    means[i].y = sum / static_cast<double>(count);
  }
  return means;
}

size_t smoothing_window(size_t num_points) {
  return num_points < kSmoothFrom ? 1 : num_points / 20 + 1;
}

bool has_points(const LineChart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(), [](const ChartSeries& series) {
    return std::any_of(series.points.begin(), series.points.end(), is_finite);
  });
}

std::string render_svg(const LineChart& chart) {
  const Scale scale = make_scale(chart);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                kWidth, kHeight, escape_html(chart.y_label));
  svg +=
      y_axis(chart, scale) + x_axis(scale) + stage_lines(chart, scale) + level_line(chart, scale);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    svg += series_lines(chart, i, scale);
  }
  return svg + "</svg>\n";
}

std::string render_legend(const LineChart& chart) {
  if (chart.series.size() < 2) return "";
  std::string html = "<div class=\"legend\">";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    html += fmt::format("<span><i style=\"border-top:2px {} {}\"></i>{}</span>",
                        chart.series[i].dashed ? "dashed" : "solid", colour(i),
                        escape_html(chart.series[i].label));
  }
  return html + "</div>\n";
}

}  // namespace retrace::rl
