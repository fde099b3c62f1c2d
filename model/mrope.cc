// M-RoPE positions: text advances all three axes together; a vision span covers time, height and
// width from where it starts, and what follows starts after the largest position on any axis.
#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "model/prompt.h"

namespace retrace::model {

namespace {

void check_span(std::span<const int64_t> ids, size_t begin, const VisionSpan& span,
                const ModelConfig& config) {
  const GridThw& grid = span.grid;
  const int64_t merge_size = config.vision.spatial_merge_size;
  RETRACE_CHECK(grid.t > 0 && grid.h > 0 && grid.w > 0 && grid.h % merge_size == 0 &&
                    grid.w % merge_size == 0,
                "grid {} x {} x {} is not one of whole cells of {} x {} patches", grid.t, grid.h,
                grid.w, merge_size, merge_size);
  const int64_t expected =
      span.kind == VisionKind::kImage ? config.image_token_id : config.video_token_id;
  const auto num_tokens = static_cast<size_t>(grid.num_tokens(merge_size));
  const bool fits = num_tokens <= ids.size() - begin &&
                    std::all_of(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                ids.begin() + static_cast<std::ptrdiff_t>(begin + num_tokens),
                                [&](int64_t id) { return id == expected; });
  RETRACE_CHECK(fits,
                "placeholders at token {}: expected {} of id {} for grid {} x {} x {}, found "
                "fewer",
                begin, num_tokens, expected, grid.t, grid.h, grid.w);
}

// Time steps before frame pair `pair` of a span.
int64_t time_steps(const VisionSpan& span, const ModelConfig& config, int64_t pair) {
  if (span.kind == VisionKind::kImage || config.family != ModelFamily::kQwen25Vl) return pair;
  const float seconds = static_cast<float>(pair) * static_cast<float>(span.seconds_per_pair);
  return static_cast<int64_t>(seconds * static_cast<float>(config.vision.tokens_per_second));
}

// Writes three rows of positions.
class PositionWriter {
 public:
  explicit PositionWriter(int64_t length)
      : positions_(at::empty({3, length}, at::kLong)),
        time_(positions_.data_ptr<int64_t>()),
        height_(time_ + length),
        width_(height_ + length) {}

  void text(int64_t token) { time_[token] = height_[token] = width_[token] = next_++; }

  void span(int64_t token, const VisionSpan& span, const ModelConfig& config) {
    const int64_t rows = span.grid.h / config.vision.spatial_merge_size;
    const int64_t columns = span.grid.w / config.vision.spatial_merge_size;
    for (int64_t cell = 0; cell < span.grid.t * rows * columns; ++cell, ++token) {
      time_[token] = next_ + time_steps(span, config, cell / (rows * columns));
      height_[token] = next_ + cell / columns % rows;
      width_[token] = next_ + cell % columns;
    }
    next_ += std::max({time_steps(span, config, span.grid.t - 1) + 1, rows, columns});
  }

  MropePositions finish() const { return {positions_, next_}; }

 private:
  at::Tensor positions_;  // [3, T]
  int64_t *time_, *height_, *width_;
  int64_t next_ = 0;  // first free position
};

}  // namespace

MropePositions mrope_positions(std::span<const int64_t> ids, const ModelConfig& config,
                               std::span<const VisionItem> items) {
  const std::vector<VisionSpan> spans = vision_spans(items, config.family);
  PositionWriter writer(static_cast<int64_t>(ids.size()));
  size_t next_span = 0;
  for (size_t token = 0; token < ids.size();) {
    if (ids[token] != config.image_token_id && ids[token] != config.video_token_id) {
      writer.text(static_cast<int64_t>(token++));
      continue;
    }
    RETRACE_CHECK(next_span < spans.size(), "placeholder at token {} has no grid: {} spans given",
                  token, spans.size());
    const VisionSpan& span = spans[next_span++];
    check_span(ids, token, span, config);
    writer.span(static_cast<int64_t>(token), span, config);
    token += static_cast<size_t>(span.grid.num_tokens(config.vision.spatial_merge_size));
  }
  RETRACE_CHECK(next_span == spans.size(), "expected placeholders for {} spans, found {}",
                spans.size(), next_span);
  return writer.finish();
}

}  // namespace retrace::model
