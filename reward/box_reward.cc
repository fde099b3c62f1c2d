#include "reward/box_reward.h"

#include <algorithm>
#include <cmath>

#include "reward/answer_parser.h"
#include "reward/number_rows.h"

namespace retrace::reward {
namespace {

constexpr double kLargest = 1e9;  // of a coordinate, so that areas stay finite

double area(const Box& box) {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}

}  // namespace

std::optional<std::vector<Box>> parse_boxes(std::string_view text) {
  const std::optional<std::vector<NumberRow>> rows = parse_number_rows(text);
  if (!rows || rows->empty()) return std::nullopt;
  std::vector<Box> boxes;
  for (const NumberRow& row : *rows) {
    if (row.size() != 4 || row[0] >= row[2] || row[1] >= row[3]) return std::nullopt;
    for (const double value : row) {
      if (std::abs(value) > kLargest) return std::nullopt;
    }
    boxes.push_back({row[0], row[1], row[2], row[3]});
  }
  return boxes;
}

double box_iou(const Box& a, const Box& b) {
  const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const double shared = width * height;
  const double whole = area(a) + area(b) - shared;
  return whole > 0 ? std::clamp(shared / whole, 0.0, 1.0) : 0;  // areas may underflow to 0
}

std::optional<double> BoxReward::score(const RewardInput& input) const {
  const auto right = parse_boxes(input.sample.answer);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const auto boxes = parse_boxes(parsed->answer);
  if (!boxes || boxes->size() != right->size()) return 0.0;
  double sum = 0;
  for (size_t i = 0; i < boxes->size(); ++i) sum += box_iou((*boxes)[i], (*right)[i]);
  return sum / static_cast<double>(boxes->size());
}

std::string BoxReward::why_unfit(const data::Sample& sample) const {
  return parse_boxes(sample.answer) ? "" : "its answer must be a box [x1, y1, x2, y2] or a list";
}

}  // namespace retrace::reward
