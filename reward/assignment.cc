#include "reward/assignment.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace retrace::reward {
namespace {

// One augmentation at a time over 1-based rows and columns; column 0 stands for "none".
class Hungarian {
 public:
  // cost[i][j], rows <= columns.
  explicit Hungarian(const std::vector<std::vector<double>>& cost)
      : cost_(cost),
        num_columns_(cost.front().size()),
        row_potential_(cost.size() + 1, 0),
        column_potential_(num_columns_ + 1, 0),
        row_of_(num_columns_ + 1, 0) {
    for (size_t row = 1; row <= cost.size(); ++row) augment(row);
  }
  size_t row_of(size_t column) const { return row_of_[column + 1]; }  // 1-based; 0: none

 private:
  void augment(size_t row) {
    std::vector<double> slack(num_columns_ + 1, std::numeric_limits<double>::infinity());
    std::vector<size_t> previous(num_columns_ + 1, 0);
    std::vector<bool> is_done(num_columns_ + 1, false);
    row_of_[0] = row;
    size_t column = 0;
    do {
      is_done[column] = true;
      column = relax(column, slack, previous, is_done);
    } while (row_of_[column] != 0);
    for (; column != 0; column = previous[column]) row_of_[column] = row_of_[previous[column]];
  }

  // Looks from the row of `column` at all open columns and returns the nearest.
  size_t relax(size_t column, std::vector<double>& slack, std::vector<size_t>& previous,
               const std::vector<bool>& is_done) {
    const size_t row = row_of_[column];
    size_t nearest = 0;
    double step = std::numeric_limits<double>::infinity();
    for (size_t j = 1; j <= num_columns_; ++j) {
      if (is_done[j]) continue;
      const double reduced = cost_[row - 1][j - 1] - row_potential_[row] - column_potential_[j];
      if (reduced < slack[j]) {
        slack[j] = reduced;
        previous[j] = column;
      }
      if (slack[j] < step) {
        step = slack[j];
        nearest = j;
      }
    }
    for (size_t j = 0; j <= num_columns_; ++j) {
      if (is_done[j]) {
        row_potential_[row_of_[j]] += step;
        column_potential_[j] -= step;
      } else {
        slack[j] -= step;
      }
    }
    return nearest;
  }

  const std::vector<std::vector<double>>& cost_;
  size_t num_columns_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<size_t> row_of_;
};

}  // namespace

std::vector<std::optional<size_t>> best_assignment(const std::vector<std::vector<double>>& gain) {
  std::vector<std::optional<size_t>> columns(gain.size());
  if (gain.empty() || gain.front().empty()) return columns;
  const size_t num_rows = gain.size(), num_columns = gain.front().size();
  const bool is_tall = num_rows > num_columns;
  std::vector<std::vector<double>> cost(std::min(num_rows, num_columns),
                                        std::vector<double>(std::max(num_rows, num_columns)));
  for (size_t i = 0; i < num_rows; ++i) {
    for (size_t j = 0; j < num_columns; ++j) (is_tall ? cost[j][i] : cost[i][j]) = -gain[i][j];
  }
  const Hungarian solved(cost);
  for (size_t wide = 0; wide < std::max(num_rows, num_columns); ++wide) {
    const size_t narrow = solved.row_of(wide);
    if (narrow == 0) continue;
    if (is_tall) {
      columns[wide] = narrow - 1;
    } else {
      columns[narrow - 1] = wide;
    }
  }
  return columns;
}

std::vector<std::optional<size_t>> greedy_assignment(const std::vector<std::vector<double>>& gain) {
  std::vector<std::tuple<double, size_t, size_t>> pairs;  // minus gain, row, column
  for (size_t i = 0; i < gain.size(); ++i) {
    for (size_t j = 0; j < gain[i].size(); ++j) pairs.emplace_back(-gain[i][j], i, j);
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::optional<size_t>> columns(gain.size());
  std::vector<bool> is_taken(gain.empty() ? 0 : gain.front().size(), false);
  for (const auto& [cost, row, column] : pairs) {
    if (columns[row] || is_taken[column]) continue;
    columns[row] = column;
    is_taken[column] = true;
  }
  return columns;
}

}  // namespace retrace::reward
