#include "kernels/attention_plan.h"

#include "core/error.h"

namespace retrace::kernels {

void check_plan(const AttentionPlan& plan) {
  RETRACE_CHECK(!plan.segments.empty(),
                "attention plan: expected at least one segment, found none");
  int64_t next_row = 0;
  const int64_t num_segments = static_cast<int64_t>(plan.segments.size());
  for (int64_t index = 0; index < num_segments; ++index) {
    const Segment& segment = plan.segments[index];
    RETRACE_CHECK(segment.begin == next_row,
                  "attention plan: segment {} must begin at row {}, begins at {}", index, next_row,
                  segment.begin);
    RETRACE_CHECK(segment.end > segment.begin,
                  "attention plan: segment {} must not be empty, is rows [{}, {})", index,
                  segment.begin, segment.end);
    RETRACE_CHECK(
        segment.parent >= -1 && segment.parent < index,
        "attention plan: the parent of segment {} must be -1 or an earlier segment, is {}", index,
        segment.parent);
    RETRACE_CHECK(
        segment.parent < 0 || plan.segments[segment.parent].parent < 0,
        "attention plan: the parent of segment {} is segment {}, which has a parent itself; "
        "expected a root segment",
        index, segment.parent);
    next_row = segment.end;
  }
}

AttentionPlan single_segment_plan(int64_t num_rows) {
  return AttentionPlan{{Segment{.begin = 0, .end = num_rows, .parent = -1}}};
}

}  // namespace retrace::kernels
