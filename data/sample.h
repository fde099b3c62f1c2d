// The record every later stage works on: one question about one video.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace retrace::data {

enum class Task { kUnknown, kRoute, kDirection, kLandmark, kAction };
enum class TravelDirection { kUnknown, kForward, kReverse };

std::string_view to_string(Task task);  // "unknown", "route", "direction", "landmark", "action"
std::string_view to_string(TravelDirection direction);  // "unknown", "forward", "reverse"

// The inverse of to_string; nothing for any other name.
std::optional<Task> parse_task(std::string_view name);
std::optional<TravelDirection> parse_travel_direction(std::string_view name);

struct Sample {
  int64_t index = 0;  // line number in its file, from 0; with the file it names the sample for good
  std::string problem;          // question, options and instruction, as in the file
  std::string solution;         // the demonstration: "<think>...</think> <answer>X</answer>"
  std::string answer;           // the right letter
  std::filesystem::path video;  // resolved path; empty for a text-only sample
  Task task = Task::kUnknown;
  TravelDirection direction = TravelDirection::kUnknown;
};

}  // namespace retrace::data
