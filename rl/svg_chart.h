// Line charts as inline SVG: axes with round ticks, an HTML legend, no scripts. Colours come from
// the page's style sheet, as CSS variables --series-0 to --series-5 and --axis, so one chart serves
// a light and a dark page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace retrace::rl {

struct ChartPoint {
  double x = 0, y = 0;  // a point that is not finite breaks the line
};

struct ChartSeries {
  std::string label;
  std::vector<ChartPoint> points;  // ascending in x
  bool dashed = false;
};

struct ChartRule {
  double value = 0;
  std::string label;
};

struct LineChart {
  std::string y_label;
  std::vector<ChartSeries> series;
  std::optional<ChartRule> level;      // a horizontal line: chance
  std::vector<ChartRule> stages;       // vertical lines where stages begin
  std::optional<double> y_min, y_max;  // always inside the plot
  bool percent = false;                // ticks read "40 %" for 0.4
  bool smooth = true;                  // long series: faint values under their running mean
};

// At most `max_count` + 1 multiples of 1, 2 or 5 times a power of ten inside [low, high],
// ascending. low < high.
std::vector<double> nice_ticks(double low, double high, int max_count);

// "0", "0.25", "1500", "2e-07".
std::string format_tick(double value);

// Mean of the finite values among the `window` points around each point, never across a value of x
// in `breaks`. Points that are not finite stay as they are.
std::vector<ChartPoint> running_mean(const std::vector<ChartPoint>& points, size_t window,
                                     const std::vector<double>& breaks = {});

// Points a running mean spans in a series of this length; 1: no smoothing.
size_t smoothing_window(size_t num_points);

// True if some series has a finite point.
bool has_points(const LineChart& chart);

// An <svg> element, 560 x 260 units. Throws InternalError for a chart without points.
std::string render_svg(const LineChart& chart);

// The names of the series beside their lines; empty for a single series.
std::string render_legend(const LineChart& chart);

}  // namespace retrace::rl
