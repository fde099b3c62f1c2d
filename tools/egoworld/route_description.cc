#include "tools/egoworld/route_description.h"

#include <fmt/format.h>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

std::string clause(Turn turn, Landmark landmark, DescriptionStyle style) {
  const bool is_straight = turn == Turn::kStraight;
  switch (style) {
    case DescriptionStyle::kImperative:
      if (is_straight) return fmt::format("go straight past the {}", to_string(landmark));
      return fmt::format("turn {} at the {}", to_string(turn), to_string(landmark));
    case DescriptionStyle::kPlaces:
      return fmt::format("at the {} {} {}", to_string(landmark), is_straight ? "go" : "turn",
                         to_string(turn));
    case DescriptionStyle::kSteps:
      if (is_straight) return fmt::format("keep straight on past the {}", to_string(landmark));
      return fmt::format("take a {} at the {}", to_string(turn), to_string(landmark));
    case DescriptionStyle::kStatement:
      return fmt::format("{} at the {}", to_string(turn), to_string(landmark));
  }
  core::throw_<core::InternalError>("description style {}: not a style", static_cast<int>(style));
}

std::string capitalised(std::string text) {
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// "a, b and c"
std::string listed(const WordSequence& clauses) {
  std::string text;
  for (size_t i = 0; i < clauses.size(); ++i) {
    const bool is_last = i + 1 == clauses.size();
    text += fmt::format("{}{}", i == 0 ? "" : is_last ? " and " : ", ", clauses[i]);
  }
  return text;
}

std::string separated(const WordSequence& clauses, std::string_view separator) {
  std::string text;
  for (const std::string& part : clauses)
    text += fmt::format("{}{}", text.empty() ? "" : separator, part);
  return text;
}

}  // namespace

std::string route_description(std::span<const Turn> turns, std::span<const Landmark> landmarks,
                              data::TravelDirection direction, DescriptionStyle style) {
  RETRACE_CHECK(turns.size() == landmarks.size(), "{} turns, {} landmarks", turns.size(),
                landmarks.size());
  const bool forward = direction == data::TravelDirection::kForward;
  WordSequence clauses;
  for (size_t i = 0; i < turns.size(); ++i)
    clauses.push_back(clause(turns[i], landmarks[i], style));
  switch (style) {
    case DescriptionStyle::kImperative:
      return fmt::format("{} to reach the {}.", capitalised(listed(clauses)),
                         forward ? "destination" : "start again");
    case DescriptionStyle::kPlaces:
      return fmt::format("{}. That is the way {}.", capitalised(separated(clauses, ", then ")),
                         forward ? "to the destination" : "back to the start");
    case DescriptionStyle::kSteps:
      for (std::string& sentence : clauses) sentence = capitalised(sentence) + ".";
      return fmt::format("{} There is the {}.", separated(clauses, " "),
                         forward ? "destination" : "start");
    case DescriptionStyle::kStatement:
      return fmt::format("The way {} is {}.", forward ? "to the destination" : "back to the start",
                         listed(clauses));
  }
  core::throw_<core::InternalError>("description style {}: not a style", static_cast<int>(style));
}

WordSequence route_events(std::span<const Turn> turns, std::span<const Landmark> landmarks) {
  WordSequence events;
  for (size_t i = 0; i < turns.size(); ++i)
    events.push_back(fmt::format("{} {}", to_string(landmarks[i]), to_string(turns[i])));
  return events;
}

}  // namespace retrace::egoworld
