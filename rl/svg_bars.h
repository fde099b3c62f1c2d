// Grouped bars as inline SVG, in the style of rl/svg_chart.h: no scripts, colours from the page.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace retrace::rl {

struct Bar {
  std::optional<double> value;      // nothing: a gap
  std::optional<double> low, high;  // of its interval, drawn as a whisker
};

struct BarSeries {
  std::string label;
  std::vector<Bar> bars;  // one a group
};

struct BarChart {
  std::string y_label;
  std::vector<std::string> groups;  // labels below the axis; "" leaves one out
  std::vector<BarSeries> series;
  std::optional<double> y_max;  // always inside the plot; the axis starts at 0 or below
};

// An <svg> element, 560 x 260 units. A chart without values shows its axes. Throws InternalError if
// a series has not one bar a group, or for values that are not finite.
std::string render_bars(const BarChart& chart);

// The names of the series; empty for a single one.
std::string render_bar_legend(const BarChart& chart);

}  // namespace retrace::rl
