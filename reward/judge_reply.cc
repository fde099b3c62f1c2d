#include "reward/judge_reply.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/repeated_key.h"

namespace retrace::reward {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kKeys = {"direction", "landmark", "semantics"};
constexpr int64_t kMaxScore = 5;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\n\r";
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

// What is between "```" or "```json" and "```", if that is all there is.
std::string_view without_fence(std::string_view text) {
  constexpr std::string_view kFence = "```";
  text = trim(text);
  if (text.size() < 2 * kFence.size() || !text.starts_with(kFence) || !text.ends_with(kFence))
    return text;
  text = text.substr(kFence.size(), text.size() - 2 * kFence.size());
  if (text.starts_with("json")) text.remove_prefix(4);
  return trim(text);
}

// The object, or null for bad JSON and for a key that comes twice.
Json parse_object(std::string_view text) {
  std::optional<std::string> repeated;
  Json object =
      Json::parse(text, core::find_repeated_key(repeated), /* allow_exceptions = */ false);
  return repeated || !object.is_object() ? Json() : object;
}

}  // namespace

std::string judge_reply_schema() {
  Json schema = {{"type", "object"},
                 {"properties", Json::object()},
                 {"required", kKeys},
                 {"additionalProperties", false}};
  for (const char* key : kKeys)
    schema["properties"][key] = {{"type", "integer"}, {"minimum", 0}, {"maximum", kMaxScore}};
  return schema.dump();
}

std::optional<JudgeVerdict> parse_judge_reply(std::string_view text) {
  const Json object = parse_object(without_fence(text));
  if (object.is_null() || object.size() != kKeys.size()) return std::nullopt;
  std::array<double, kKeys.size()> scores{};
  for (size_t i = 0; i < kKeys.size(); ++i) {
    const auto found = object.find(kKeys[i]);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    const auto score = found->get<int64_t>();
    if (score < 0 || score > kMaxScore) return std::nullopt;
    scores[i] = static_cast<double>(score);
  }
  return JudgeVerdict{
      .direction = scores[0], .landmark = scores[1], .semantics = scores[2], .explanation = ""};
}

}  // namespace retrace::reward
