#include "tools/egoworld/theme.h"

#include "core/error.h"

namespace retrace::egoworld {

std::string_view to_string(ThemeChoice choice) {
  switch (choice) {
    case ThemeChoice::kIndoor:
      return "indoor";
    case ThemeChoice::kOutdoor:
      return "outdoor";
    case ThemeChoice::kMixed:
      return "mixed";
  }
  core::throw_<core::InternalError>("theme {}: not a theme", static_cast<int>(choice));
}

Theme theme_of_clip(ThemeChoice choice, int64_t clip) {
  if (choice == ThemeChoice::kMixed) return clip % 4 < 2 ? Theme::kOutdoor : Theme::kIndoor;
  return choice == ThemeChoice::kOutdoor ? Theme::kOutdoor : Theme::kIndoor;
}

}  // namespace retrace::egoworld
