// Where several things are: two sets of points.
#pragma once

#include <string_view>
#include <vector>

#include "core/config_node.h"
#include "reward/number_rows.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

enum class PointMatching { kHungarian, kGreedy };

struct PointSetOptions {
  PointMatching matching = PointMatching::kHungarian;
  double scale = 14.142135623730951;  // distance that scores 0; the diagonal of a 10 x 10 grid
};

PointSetOptions read_point_set_options(core::ConfigNode& node);

// "[x, y]", "[[x, y], [x, y]]", or three coordinates each, as many everywhere; nullopt for anything
// else (reward/number_rows.h) and for more than kMaxPoints.
std::optional<std::vector<NumberRow>> parse_points(std::string_view text);

inline constexpr size_t kMaxPoints = 64;

// Sum over matched pairs of max(0, 1 - distance / scale), over the larger number of points: points
// that are missing or too many cost alike. Matched greedily by distance (SpaceR) or best in total.
double point_set_score(const std::vector<NumberRow>& predicted, const std::vector<NumberRow>& right,
                       const PointSetOptions& options);

// That score of the points in the <answer> of the strict grammar and in the sample's answer. Not
// judged: a sample whose answer holds no points.
class PointSetReward : public RewardFn {
 public:
  explicit PointSetReward(PointSetOptions options) : options_(options) {}
  std::string_view name() const override { return "points"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  PointSetOptions options_;
};

}  // namespace retrace::reward
