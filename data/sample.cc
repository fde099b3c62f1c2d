#include "data/sample.h"

#include "core/error.h"

namespace retrace::data {

std::string_view to_string(Task task) {
  switch (task) {
    case Task::kUnknown:
      return "unknown";
    case Task::kRoute:
      return "route";
    case Task::kDirection:
      return "direction";
    case Task::kLandmark:
      return "landmark";
    case Task::kAction:
      return "action";
  }
  core::throw_<core::InternalError>("task {} has no name", static_cast<int>(task));
}

std::string_view to_string(TravelDirection direction) {
  switch (direction) {
    case TravelDirection::kUnknown:
      return "unknown";
    case TravelDirection::kForward:
      return "forward";
    case TravelDirection::kReverse:
      return "reverse";
  }
  core::throw_<core::InternalError>("travel direction {} has no name", static_cast<int>(direction));
}

std::optional<Task> parse_task(std::string_view name) {
  for (const Task task :
       {Task::kUnknown, Task::kRoute, Task::kDirection, Task::kLandmark, Task::kAction}) {
    if (name == to_string(task)) return task;
  }
  return std::nullopt;
}

std::optional<TravelDirection> parse_travel_direction(std::string_view name) {
  for (const TravelDirection direction :
       {TravelDirection::kUnknown, TravelDirection::kForward, TravelDirection::kReverse}) {
    if (name == to_string(direction)) return direction;
  }
  return std::nullopt;
}

size_t count_occurrences(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

}  // namespace retrace::data
