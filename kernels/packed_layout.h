// How packed attention runs an attention plan: which segments go through the causal kernel
// together, and where their rows lie. Made once per plan and used by every layer, forward and
// backward.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/attention_plan.h"

namespace retrace::kernels {

// A set of packed rows: [begin, begin + count) where they lie together, else listed.
struct RowSet {
  int64_t begin = 0, count = 0;
  at::Tensor rows;  // [count] int64; undefined where the rows lie together
};

// Segments of similar length, right-padded to the longest: [S, L] places. Causal masking hides the
// padding.
struct SegmentBatch {
  int64_t num_segments = 0;   // S
  int64_t padded_length = 0;  // L
  RowSet rows;                // the rows of all segments, segment after segment
  at::Tensor row_of_place;    // [S * L] int64, padding repeats the segment's last row; undefined
                              // without padding
  at::Tensor place_of_row;    // [rows.count] int64; undefined without padding
  at::Tensor is_padding;      // [S * L] bool; undefined without padding
};

// All rows whose segments share one parent, against the parent's rows.
struct PrefixPart {
  int64_t prefix_begin = 0, prefix_length = 0;
  RowSet rows;
};

struct PackedLayout {
  int64_t num_rows = 0;
  std::vector<SegmentBatch> own;     // every row is in exactly one
  std::vector<PrefixPart> prefixes;  // every row with a parent is in exactly one
};

// Checks the plan (check_plan) and lays it out.
PackedLayout make_packed_layout(const AttentionPlan& plan);

}  // namespace retrace::kernels
