#include "reward/route_alignment.h"

#include <algorithm>
#include <cstdint>

namespace retrace::reward {
namespace {

constexpr double kStraightWeight = 0.2;
constexpr double kLeftOver = 0.5;  // of its weight is what a move costs that has no partner
constexpr double kSurplus = 0.5;   // a turn more than the reference has, on top of that
constexpr size_t kFreeWords = 3;   // of a name, beside as many as the reference's

// Row-major table of (rows + 1) x (columns + 1) best scores of prefixes.
class PrefixTable {
 public:
  PrefixTable(size_t num_rows, size_t num_columns)
      : stride_(num_columns + 1), values_((num_rows + 1) * stride_) {}
  double& at(size_t row, size_t column) { return values_[row * stride_ + column]; }

 private:
  size_t stride_;
  std::vector<double> values_;
};

double missing_cost(Move move) {
  return kLeftOver * move_weight(move);
}
double extra_cost(Move move) {
  return move == Move::kStraight ? 0 : missing_cost(move);
}

double surplus_cost(const std::vector<Move>& reference, const std::vector<Move>& prediction) {
  const auto num_turns = [](const std::vector<Move>& moves) {
    return std::count_if(moves.begin(), moves.end(),
                         [](Move move) { return move != Move::kStraight; });
  };
  return kSurplus *
         static_cast<double>(std::max<int64_t>(0, num_turns(prediction) - num_turns(reference)));
}

// The best sum of similarities over pairs that keep the order.
double best_in_order(const std::vector<std::vector<double>>& similarity, size_t num_predicted,
                     bool backwards) {
  const size_t num_reference = similarity.size();
  std::vector<double> best(num_predicted + 1), previous;
  for (size_t i = 0; i < num_reference; ++i) {
    const std::vector<double>& row = similarity[backwards ? num_reference - 1 - i : i];
    previous = best;
    for (size_t j = 1; j <= num_predicted; ++j) {
      best[j] = std::max({previous[j], best[j - 1], previous[j - 1] + row[j - 1]});
    }
  }
  return best.back();
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

double move_weight(Move move) {
  return move == Move::kStraight ? kStraightWeight : 1.0;
}

MoveAlignment align_moves(const std::vector<Move>& reference, const std::vector<Move>& prediction) {
  MoveAlignment alignment;
  const size_t rows = reference.size(), columns = prediction.size();
  PrefixTable table(rows, columns);
  for (size_t i = 1; i <= rows; ++i)
    table.at(i, 0) = table.at(i - 1, 0) - missing_cost(reference[i - 1]);
  for (size_t j = 1; j <= columns; ++j)
    table.at(0, j) = table.at(0, j - 1) - extra_cost(prediction[j - 1]);
  for (size_t i = 1; i <= rows; ++i) {
    for (size_t j = 1; j <= columns; ++j) {
      double best = std::max(table.at(i - 1, j) - missing_cost(reference[i - 1]),
                             table.at(i, j - 1) - extra_cost(prediction[j - 1]));
      if (reference[i - 1] == prediction[j - 1])
        best = std::max(best, table.at(i - 1, j - 1) + move_weight(reference[i - 1]));
      table.at(i, j) = best;
    }
  }
  size_t i = rows, j = columns;
  while (i > 0 || j > 0) {  // back along the best path, last move first
    const bool pair = i > 0 && j > 0 && reference[i - 1] == prediction[j - 1] &&
                      table.at(i, j) == table.at(i - 1, j - 1) + move_weight(reference[i - 1]);
    if (pair) {
      ++alignment.num_matched;
      --i, --j;
    } else if (i > 0 && table.at(i, j) == table.at(i - 1, j) - missing_cost(reference[i - 1])) {
      alignment.missing.push_back(reference[--i]);
    } else {
      --j;
      if (prediction[j] != Move::kStraight) alignment.extra.push_back(prediction[j]);
    }
  }
  std::reverse(alignment.missing.begin(), alignment.missing.end());
  std::reverse(alignment.extra.begin(), alignment.extra.end());
  double weight = 0;
  for (const Move move : reference) weight += move_weight(move);
  const double earned = table.at(rows, columns) - surplus_cost(reference, prediction);
  if (weight > 0) alignment.score = std::clamp(earned / weight, 0.0, 1.0);
  if (alignment.missing.empty() && alignment.extra.empty() && weight > 0) alignment.score = 1;
  return alignment;
}

double landmark_similarity(const Words& reference, const Words& prediction) {
  if (reference.empty() || !contains(prediction, reference.back())) return 0;
  const bool reference_has_colour = std::any_of(reference.begin(), reference.end(), is_colour);
  const bool prediction_has_colour = std::any_of(prediction.begin(), prediction.end(), is_colour);
  const bool shares_colour = std::any_of(
      reference.begin(), reference.end(),
      [&](const std::string& word) { return is_colour(word) && contains(prediction, word); });
  if (reference_has_colour && prediction_has_colour && !shares_colour) return 0;
  double shared = 2;  // the noun
  for (size_t i = 0; i + 1 < reference.size(); ++i) shared += contains(prediction, reference[i]);
  const double similarity = shared / static_cast<double>(reference.size() + 1);
  const size_t num_free = reference.size() + kFreeWords;
  if (prediction.size() <= num_free) return similarity;
  return similarity * static_cast<double>(num_free) / static_cast<double>(prediction.size());
}

LandmarkAlignment align_landmarks(const std::vector<Words>& reference,
                                  const std::vector<Words>& prediction) {
  LandmarkAlignment alignment;
  std::vector<std::vector<double>> similarity;
  for (const Words& landmark : reference) {
    std::vector<double>& row = similarity.emplace_back();
    double best = 0;
    for (const Words& candidate : prediction) {
      row.push_back(landmark_similarity(landmark, candidate));
      best = std::max(best, row.back());
    }
    alignment.found += best;
    if (best == 0) alignment.missing.push_back(landmark);
  }
  alignment.in_order = best_in_order(similarity, prediction.size(), false);
  alignment.in_reverse_order = best_in_order(similarity, prediction.size(), true);
  return alignment;
}

}  // namespace retrace::reward
