// The default judge: rules and no model, so it needs no network, costs nothing and gives the same
// verdict every time.
//
// Both routes are read by reward/route_parser.h. With everything below in [0, 1], times 5:
//   direction  the alignment of the moves (reward/route_alignment.h): missing and extra turns cost
//   landmark   3/4 of the reference's landmarks found in order + 1/4 found anywhere; naming more
//              than twice as many as the reference (and two) costs, every two words being a name
//   semantics  the share of moves (left and right taken for the same) and landmarks that is there,
//              times the share of the found landmarks that is in order
// and all of it times what an answer keeps that is much longer than the reference or repeats
// itself. A reference without moves or without landmarks is judged by the other alone.
//
// The parts are those of Ego-ST's rubric, but there a missing turn costs nothing, which an answer
// without any turn makes use of.
#pragma once

#include <atomic>

#include "reward/judge.h"

namespace retrace::reward {

class RulesJudge : public Judge {
 public:
  std::string_view name() const override { return "rules"; }
  // nullopt if the reference holds neither a move nor a landmark.
  std::optional<JudgeVerdict> judge(const JudgeRequest& request) const override;
  JudgeCounts counts() const override;

 private:
  mutable std::atomic<int64_t> asked_ = 0, failed_ = 0;
};

}  // namespace retrace::reward
