// Judges score a described route against the annotated one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/sample.h"

namespace retrace::reward {

struct JudgeRequest {
  std::string_view question;    // what was asked
  std::string_view reference;   // the annotated route
  std::string_view prediction;  // the answer to be judged
  data::TravelDirection direction = data::TravelDirection::kUnknown;
};

// Three parts, each in [0, 5]; Ego-ST's rubric for route descriptions.
struct JudgeVerdict {
  double direction = 0;     // the turns taken
  double landmark = 0;      // what was passed
  double semantics = 0;     // whether it makes sense and says the same
  std::string explanation;  // one line for people
  double total() const { return (direction + landmark + semantics) / 3; }  // [0, 5]
  double percent() const { return total() * 20; }                          // [0, 100]
};

// How often a judge was asked since it was made.
struct JudgeCounts {
  int64_t asked = 0, failed = 0;
  int64_t cache_hits = 0, retries = 0;
  double cost_usd = 0;
};

// Safe to call from several threads.
class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string_view name() const = 0;
  // nullopt: it could not be judged (counted in counts().failed); a missing value, not a zero.
  virtual std::optional<JudgeVerdict> judge(const JudgeRequest& request) const = 0;
  virtual JudgeCounts counts() const = 0;
};

}  // namespace retrace::reward
