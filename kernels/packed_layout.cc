#include "kernels/packed_layout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace retrace::kernels {
namespace {

// A segment joins a batch if padding it costs at most a quarter of its rows, or 8 rows for short
// ones.
bool may_share_batch(int64_t length, int64_t longest) {
  return longest <= length + std::max<int64_t>(8, length / 4);
}

RowSet make_row_set(const std::vector<Segment>& segments) {
  RowSet set{.begin = segments.front().begin, .count = 0, .rows = {}};
  bool together = true;
  for (const Segment& segment : segments) {
    together = together && segment.begin == set.begin + set.count;
    set.count += segment.end - segment.begin;
  }
  if (together) return set;
  std::vector<int64_t> rows;
  rows.reserve(set.count);
  for (const Segment& segment : segments) {
    for (int64_t row = segment.begin; row < segment.end; ++row) rows.push_back(row);
  }
  set.rows = at::tensor(rows, at::kLong);
  return set;
}

SegmentBatch make_batch(std::vector<Segment> segments) {
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
  SegmentBatch batch{.num_segments = static_cast<int64_t>(segments.size()),
                     .padded_length = 0,
                     .rows = make_row_set(segments),
                     .row_of_place = {},
                     .place_of_row = {},
                     .is_padding = {}};
  for (const Segment& segment : segments) {
    batch.padded_length = std::max(batch.padded_length, segment.end - segment.begin);
  }
  if (batch.rows.count == batch.num_segments * batch.padded_length) return batch;
  std::vector<int64_t> row_of_place, place_of_row;
  for (const Segment& segment : segments) {
    for (int64_t step = 0; step < batch.padded_length; ++step) {
      const int64_t row = segment.begin + step;
      if (row < segment.end) place_of_row.push_back(static_cast<int64_t>(row_of_place.size()));
      row_of_place.push_back(std::min(row, segment.end - 1));
    }
  }
  batch.row_of_place = at::tensor(row_of_place, at::kLong);
  batch.place_of_row = at::tensor(place_of_row, at::kLong);
  batch.is_padding = at::ones({batch.row_of_place.size(0)}, at::kBool);
  batch.is_padding.index_fill_(0, batch.place_of_row, false);
  return batch;
}

std::vector<SegmentBatch> make_batches(std::vector<Segment> segments) {
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.end - a.begin > b.end - b.begin;
  });
  std::vector<SegmentBatch> batches;
  std::vector<Segment> current;
  for (const Segment& segment : segments) {
    if (!current.empty() && !may_share_batch(segment.end - segment.begin,
                                             current.front().end - current.front().begin)) {
      batches.push_back(make_batch(std::move(current)));
      current.clear();
    }
    current.push_back(segment);
  }
  batches.push_back(make_batch(std::move(current)));
  return batches;
}

}  // namespace

PackedLayout make_packed_layout(const AttentionPlan& plan) {
  check_plan(plan);
  std::map<int64_t, std::vector<Segment>> children;  // by parent
  for (const Segment& segment : plan.segments) {
    if (segment.parent >= 0) children[segment.parent].push_back(segment);
  }
  PackedLayout layout{
      .num_rows = plan.num_rows(), .own = make_batches(plan.segments), .prefixes = {}};
  for (const auto& [parent, segments] : children) {
    const Segment& prefix = plan.segments[parent];
    layout.prefixes.push_back({.prefix_begin = prefix.begin,
                               .prefix_length = prefix.end - prefix.begin,
                               .rows = make_row_set(segments)});
  }
  return layout;
}

}  // namespace retrace::kernels
