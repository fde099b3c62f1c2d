// The record every later stage works on: one question about videos and images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  std::string id;     // as the file names it; "" where it does not
  // Question, options and instruction, as in the file. "<image>" and "<video>" say where each image
  // and video belongs; a kind without placeholders goes before the text.
  std::string problem;
  std::string solution;  // the demonstration: "<think>...</think> <answer>X</answer>"
  std::string answer;    // the right letter; of an open question the annotated answer
  // The parts of `problem`, where its reader can tell them apart.
  std::string question;              // without options and instruction
  std::vector<std::string> options;  // texts without their letters, A first; empty: open question
  std::string opposite;  // annotation of the same route in the other direction; "": unknown
  std::string source;    // where the video comes from: "adt", "sun3d"; "": unknown
  std::vector<std::filesystem::path> images, videos;  // resolved paths; both empty: text only
  Task task = Task::kUnknown;
  TravelDirection direction = TravelDirection::kUnknown;
};

inline constexpr std::string_view kImagePlaceholder = "<image>";
inline constexpr std::string_view kVideoPlaceholder = "<video>";

// How often `part` occurs in `text`, without overlaps.
size_t count_occurrences(std::string_view text, std::string_view part);

}  // namespace retrace::data
