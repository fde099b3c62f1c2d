// Which curves report.html shows, and how.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rl/run_records.h"
#include "rl/svg_chart.h"

namespace retrace::rl {

struct ReportChart {
  std::string title, note;  // note: one sentence that says how to read it
  LineChart chart;
};

// The charts that have points, in the order of the page. `last_answer`: questions have the options
// A to this one; gives the level of chance.
std::vector<ReportChart> make_report_charts(const MetricHistory& history,
                                            std::optional<char> last_answer);

}  // namespace retrace::rl
