#include "reward/released_rewards.h"

#include <optional>

#include "reward/number_parser.h"
#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

constexpr std::string_view kThinkOpen = "<think>", kThinkClose = "</think>";
constexpr std::string_view kAnswerOpen = "<answer>", kAnswerClose = "</answer>";

// What re.search(r"<answer>(.*?)</answer>", text, re.DOTALL) captures, stripped.
std::optional<std::string_view> first_answer(std::string_view text) {
  const size_t open = text.find(kAnswerOpen);
  if (open == std::string_view::npos) return std::nullopt;
  const size_t begin = open + kAnswerOpen.size();
  const size_t close = text.find(kAnswerClose, begin);
  if (close == std::string_view::npos) return std::nullopt;
  return trim(text.substr(begin, close - begin));
}

// The first character of UTF-8 text; "" of nothing.
std::string_view first_character(std::string_view text) {
  size_t size = text.empty() ? 0 : 1;
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    ++size;
  return text.substr(0, size);
}

std::string_view right_character(const data::Sample& sample) {
  const std::optional<std::string_view> shown = first_answer(sample.solution);
  return first_character(shown && !shown->empty() ? *shown : trim(sample.answer));
}

}  // namespace

std::optional<double> ReleasedLetterReward::score(const RewardInput& input) const {
  const std::string_view right = right_character(input.sample);
  if (right.empty()) return std::nullopt;
  if (const std::optional<double> shown = last_number(input.sample.solution)) {
    if (last_number(input.completion) == shown) return 1.0;
  }
  const std::string_view answer = first_answer(input.completion).value_or("");
  return first_character(answer) == right ? 1.0 : 0.0;
}

std::string ReleasedLetterReward::why_unfit(const data::Sample& sample) const {
  return right_character(sample).empty() ? "it has no answer" : "";
}

std::optional<double> ReleasedFormatReward::score(const RewardInput& input) const {
  const std::string_view text = input.completion;
  if (!text.starts_with(kThinkOpen)) return 0.0;
  for (size_t close = text.find(kThinkClose, kThinkOpen.size()); close != text.npos;
       close = text.find(kThinkClose, close + 1)) {
    size_t next = close + kThinkClose.size();
    next = std::min(text.find_first_not_of(" \t\n\v\f\r", next), text.size());
    if (text.substr(next).starts_with(kAnswerOpen))
      return text.find(kAnswerClose, next) != text.npos ? 1.0 : 0.0;
  }
  return 0.0;
}

}  // namespace retrace::reward
