#include "data/egost_labels.h"

#include <algorithm>
#include <cctype>

namespace retrace::data {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// The text between the first question mark and the second thought.
std::optional<std::string_view> quoted_annotation(std::string_view thought) {
  const size_t begin = thought.find('?');
  const size_t end = thought.find("And then think about");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    return std::nullopt;
  return trim(thought.substr(begin + 1, end - begin - 1));
}

std::string joined(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) text += (text.empty() ? "" : ", ") + step;
  return text;
}

Task task_of(std::string_view question, std::string_view thought) {
  if (contains(thought, "which actions")) return Task::kAction;
  if (contains(thought, "what directions") || contains(question, "directions"))
    return Task::kDirection;
  return contains(thought, "which landmarks") ? Task::kLandmark : Task::kUnknown;
}

}  // namespace

std::optional<EgoStLabels> labels_of_demonstration(std::string_view question,
                                                   std::string_view solution) {
  const bool is_forward = contains(solution, "thinking reverse");
  if (!is_forward && !contains(solution, "thinking forward")) return std::nullopt;
  const std::optional<std::string_view> annotation = quoted_annotation(solution);
  if (!annotation) return std::nullopt;
  EgoStLabels labels;
  labels.task = task_of(question, solution);
  if (labels.task == Task::kUnknown) return std::nullopt;
  labels.direction = is_forward ? TravelDirection::kForward : TravelDirection::kReverse;
  const auto steps = parse_python_list(*annotation);
  labels.opposite = steps ? joined(*steps) : std::string(*annotation);
  return labels;
}

std::optional<std::vector<std::string>> parse_python_list(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> strings;
  size_t at = 0;
  const auto skip_spaces = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  for (skip_spaces(); at < text.size(); skip_spaces()) {
    const char quote = text[at++];
    if (quote != '\'' && quote != '"') return std::nullopt;
    std::string& value = strings.emplace_back();
    while (at < text.size() && text[at] != quote) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at++];
    }
    if (at++ >= text.size()) return std::nullopt;  // no closing quote
    skip_spaces();
    if (at < text.size() && text[at++] != ',') return std::nullopt;
  }
  return strings;
}

std::string_view source_of_video(std::string_view file_name) {
  const std::string_view stem = file_name.substr(0, file_name.rfind('.'));
  if (stem.starts_with("ADT_")) return "adt";
  if (stem.starts_with("AriaEverydayActivities_")) return "aea";
  if (stem.starts_with("Nymeria_")) return "nymeria";
  if (stem.starts_with("sun3d_")) return "sun3d";
  const bool is_number =
      !stem.empty() &&
      std::all_of(stem.begin(), stem.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return is_number ? "outdoor" : "";
}

}  // namespace retrace::data
