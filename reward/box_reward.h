// Where something is: overlap of boxes.
#pragma once

#include <string_view>
#include <vector>

#include "reward/reward_fn.h"

namespace retrace::reward {

struct Box {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;  // x1 < x2, y1 < y2
};

// "[x1, y1, x2, y2]" or a list of them; nullopt for anything else (reward/number_rows.h) and for
// boxes without area.
std::optional<std::vector<Box>> parse_boxes(std::string_view text);
double box_iou(const Box& a, const Box& b);

// Mean IoU of the boxes in the <answer> of the strict grammar and in the sample's answer, k-th with
// k-th; 0 if their numbers differ. Several boxes are a track, one a frame. Not judged: a sample
// whose answer is no box.
class BoxReward : public RewardFn {
 public:
  std::string_view name() const override { return "box_iou"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

}  // namespace retrace::reward
