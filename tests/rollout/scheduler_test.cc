#include "rollout/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/random.h"

namespace retrace::rollout {
namespace {

using SequenceId = std::pair<int64_t, int64_t>;  // group, completion

// The rules once more, with everything spelled out.
class PlainTile {
 public:
  PlainTile(const std::vector<int64_t>& group_sizes, int64_t num_rows) : num_rows_(num_rows) {
    for (size_t group = 0; group < group_sizes.size(); ++group) {
      for (int64_t completion = 0; completion < group_sizes[group]; ++completion) {
        waiting_.push_back({static_cast<int64_t>(group), completion});
      }
    }
  }

  std::vector<std::pair<int64_t, SequenceId>> fill() {
    std::vector<std::pair<int64_t, SequenceId>> placed;
    for (int64_t row = 0; row < num_rows_; ++row) {
      if (rows_.contains(row) || waiting_.empty()) continue;
      rows_[row] = waiting_.front();
      placed.push_back({row, waiting_.front()});
      waiting_.erase(waiting_.begin());
    }
    return placed;
  }

  bool release(int64_t row) {
    const int64_t group = rows_.at(row).first;
    rows_.erase(row);
    const auto is_of_group = [&](const auto& entry) { return entry.second.first == group; };
    return std::none_of(rows_.begin(), rows_.end(), is_of_group) &&
           std::none_of(waiting_.begin(), waiting_.end(),
                        [&](const SequenceId& id) { return id.first == group; });
  }

  const std::map<int64_t, SequenceId>& rows() const { return rows_; }
  size_t num_waiting() const { return waiting_.size(); }

 private:
  int64_t num_rows_;
  std::vector<SequenceId> waiting_;
  std::map<int64_t, SequenceId> rows_;
};

void expect_same_fill(Scheduler& scheduler, PlainTile& plain) {
  const std::vector<Placement> placed = scheduler.fill();
  const auto expected = plain.fill();
  ASSERT_EQ(placed.size(), expected.size());
  for (size_t i = 0; i < placed.size(); ++i) {
    EXPECT_EQ(placed[i].row, expected[i].first);
    EXPECT_EQ(placed[i].group_idx, expected[i].second.first);
    EXPECT_EQ(placed[i].completion_idx, expected[i].second.second);
  }
}

void expect_same_state(const Scheduler& scheduler, const PlainTile& plain) {
  ASSERT_EQ(scheduler.num_occupied(), static_cast<int64_t>(plain.rows().size()));
  ASSERT_EQ(scheduler.num_waiting(), static_cast<int64_t>(plain.num_waiting()));
  ASSERT_EQ(scheduler.done(), plain.rows().empty() && plain.num_waiting() == 0);
  for (int64_t row = 0; row < scheduler.num_rows(); ++row) {
    ASSERT_EQ(scheduler.is_occupied(row), plain.rows().contains(row));
  }
}

// Every history: after each fill, any non-empty set of occupied rows may end together.
int64_t explore(const Scheduler& scheduler, const PlainTile& plain) {
  Scheduler filled = scheduler;
  PlainTile filled_plain = plain;
  expect_same_fill(filled, filled_plain);
  expect_same_state(filled, filled_plain);
  if (testing::Test::HasFailure()) return 0;
  std::vector<int64_t> occupied;
  for (const auto& [row, id] : filled_plain.rows()) occupied.push_back(row);
  if (occupied.empty()) return 1;
  int64_t num_histories = 0;
  for (uint32_t ended = 1; ended < (1u << occupied.size()); ++ended) {
    Scheduler next = filled;
    PlainTile next_plain = filled_plain;
    for (size_t i = 0; i < occupied.size(); ++i) {
      if ((ended >> i & 1u) == 0) continue;
      EXPECT_EQ(next.release(occupied[i]), next_plain.release(occupied[i]));
    }
    num_histories += explore(next, next_plain);
  }
  return num_histories;
}

TEST(Scheduler, FollowsTheRulesInEveryShortHistory) {
  int64_t num_histories = 0;
  for (int64_t num_rows = 1; num_rows <= 3; ++num_rows) {
    for (int64_t a = 1; a <= 3; ++a) {
      for (int64_t b = 0; b <= 2; ++b) {
        for (int64_t c = 0; c <= (b == 0 ? 0 : 2); ++c) {
          std::vector<int64_t> sizes = {a};
          if (b > 0) sizes.push_back(b);
          if (c > 0) sizes.push_back(c);
          num_histories += explore(Scheduler(sizes, num_rows), PlainTile(sizes, num_rows));
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
  EXPECT_GT(num_histories, 1000);
}

TEST(Scheduler, FollowsTheRulesInLongRandomHistories) {
  core::RandomSequence random(core::RandomStream(5, "scheduler"));
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> sizes(1 + random.below(12));
    for (int64_t& size : sizes) size = 1 + static_cast<int64_t>(random.below(9));
    const int64_t num_rows = 1 + static_cast<int64_t>(random.below(20));
    Scheduler scheduler(sizes, num_rows);
    PlainTile plain(sizes, num_rows);
    std::set<SequenceId> started;
    int num_ended_groups = 0;
    while (!scheduler.done()) {
      expect_same_fill(scheduler, plain);
      expect_same_state(scheduler, plain);
      const std::map<int64_t, SequenceId> rows = plain.rows();
      for (const auto& [row, id] : rows) {
        started.insert(id);
        if (!random.chance(0.4)) continue;
        const bool group_ended = scheduler.release(row);
        EXPECT_EQ(group_ended, plain.release(row));
        num_ended_groups += group_ended ? 1 : 0;
      }
    }
    EXPECT_EQ(static_cast<int64_t>(started.size()),
              std::accumulate(sizes.begin(), sizes.end(), int64_t{0}));
    EXPECT_EQ(num_ended_groups, static_cast<int>(sizes.size()));
  }
}

TEST(Scheduler, WithoutGroupsIsDoneAtOnce) {
  Scheduler scheduler({}, 4);
  EXPECT_TRUE(scheduler.done());
  EXPECT_TRUE(scheduler.fill().empty());
}

TEST(Scheduler, RefusesWrongUse) {
  EXPECT_THROW(Scheduler({1}, 0), core::InternalError);
  EXPECT_THROW(Scheduler({1, 0}, 2), core::InternalError);
  Scheduler scheduler({1}, 2);
  EXPECT_THROW(scheduler.release(0), core::InternalError);
  scheduler.fill();
  EXPECT_THROW(scheduler.release(1), core::InternalError);
  EXPECT_THROW(scheduler.release(2), core::InternalError);
  EXPECT_THROW(scheduler.release(-1), core::InternalError);
  EXPECT_TRUE(scheduler.release(0));
  EXPECT_THROW(scheduler.release(0), core::InternalError);
}

}  // namespace
}  // namespace retrace::rollout
