// Describes a packed batch: which rows may attend to which.
//
// Rows [begin, end) of one segment attend causally to themselves and, if the segment has a parent,
// to all rows of the parent (its shared prefix). A GRPO group is one prompt segment and G
// completion segments with that parent: the prompt is computed once for the whole group.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::kernels {

struct Segment {
  int64_t begin = 0, end = 0;  // rows [begin, end) of the packed batch
  int64_t parent = -1;         // index of a parent-less segment, or -1
};

struct AttentionPlan {
  std::vector<Segment> segments;  // in row order, covering rows [0, num_rows) without gaps
  int64_t num_rows() const { return segments.empty() ? 0 : segments.back().end; }
};

// Throws InternalError unless segments are non-empty, contiguous from row 0, and parents are
// earlier root segments.
void check_plan(const AttentionPlan& plan);

// One root segment of `num_rows` rows.
AttentionPlan single_segment_plan(int64_t num_rows);

}  // namespace retrace::kernels
