#include "reward/answer_parser.h"

#include <array>
#include <cstddef>
#include <vector>

namespace retrace::reward {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

// In the order the grammar wants them.
enum class Tag { kThinkOpen, kThinkClose, kAnswerOpen, kAnswerClose };
constexpr std::array<std::string_view, 4> kTagTexts = {"<think>", "</think>", "<answer>",
                                                       "</answer>"};

struct FoundTag {
  Tag tag;
  size_t begin, end;  // bytes [begin, end) of the text
};

// Every tag in the text, in order. Stops once there are more than `limit`, so that a text of
// nothing but tags costs no memory.
std::vector<FoundTag> find_tags(std::string_view text, size_t limit) {
  std::vector<FoundTag> found;
  for (size_t at = text.find('<'); at != std::string_view::npos && found.size() <= limit;
       at = text.find('<', at + 1)) {
    for (size_t tag_idx = 0; tag_idx < kTagTexts.size(); ++tag_idx) {
      const std::string_view tag_text = kTagTexts[tag_idx];
      if (text.substr(at, tag_text.size()) == tag_text) {
        found.push_back({static_cast<Tag>(tag_idx), at, at + tag_text.size()});
      }
    }
  }
  return found;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

bool is_blank(std::string_view text) {
  return trim(text).empty();
}

std::string_view between(std::string_view text, const FoundTag& open, const FoundTag& close) {
  return text.substr(open.end, close.begin - open.end);
}

}  // namespace

std::optional<ParsedCompletion> parse_strict(std::string_view completion) {
  const std::vector<FoundTag> tags = find_tags(completion, kTagTexts.size());
  if (tags.size() != kTagTexts.size()) return std::nullopt;
  for (size_t tag_idx = 0; tag_idx < tags.size(); ++tag_idx) {
    if (tags[tag_idx].tag != static_cast<Tag>(tag_idx)) return std::nullopt;
  }
  const FoundTag &think_open = tags[0], &think_close = tags[1];
  const FoundTag &answer_open = tags[2], &answer_close = tags[3];
  if (!is_blank(completion.substr(0, think_open.begin))) return std::nullopt;
  if (!is_blank(between(completion, think_close, answer_open))) return std::nullopt;
  if (!is_blank(completion.substr(answer_close.end))) return std::nullopt;
  return ParsedCompletion{std::string(between(completion, think_open, think_close)),
                          std::string(trim(between(completion, answer_open, answer_close)))};
}

std::optional<char> answer_letter(std::string_view answer) {
  const bool is_letter = answer.size() == 1 || (answer.size() == 2 && answer[1] == '.');
  if (!is_letter || answer[0] < 'A' || answer[0] > 'Z') return std::nullopt;
  return answer[0];
}

std::optional<std::string> extract_answer(std::string_view completion) {
  constexpr std::string_view kOpen = kTagTexts[static_cast<size_t>(Tag::kAnswerOpen)];
  constexpr std::string_view kClose = kTagTexts[static_cast<size_t>(Tag::kAnswerClose)];
  const size_t open = completion.find(kOpen);
  const size_t close = completion.find(kClose);
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  if (completion.rfind(kOpen) != open || completion.rfind(kClose) != close) return std::nullopt;
  const size_t begin = open + kOpen.size();
  return std::string(trim(completion.substr(begin, close - begin)));
}

std::optional<char> extract_letter(std::string_view completion) {
  const std::optional<std::string> answer = extract_answer(completion);
  return answer ? answer_letter(*answer) : std::nullopt;
}

}  // namespace retrace::reward
