#include "tools/egoworld/difficulty.h"

#include "core/error.h"

namespace retrace::egoworld {

std::string_view to_string(Difficulty difficulty) {
  switch (difficulty) {
    case Difficulty::kEasy:
      return "easy";
    case Difficulty::kMedium:
      return "medium";
    case Difficulty::kHard:
      return "hard";
  }
  core::throw_<core::InternalError>("difficulty {}: not a level", static_cast<int>(difficulty));
}

Level level_of(Difficulty difficulty) {
  switch (difficulty) {
    case Difficulty::kEasy:
      return {2, 0, 24, Closeness::kFar};
    case Difficulty::kMedium:
      return {3, 0, 16, Closeness::kUsual};
    case Difficulty::kHard:
      return {4, 0.55F, 5, Closeness::kClose};
  }
  core::throw_<core::InternalError>("difficulty {}: not a level", static_cast<int>(difficulty));
}

}  // namespace retrace::egoworld
