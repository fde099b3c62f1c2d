#include "reward/consistency_reward.h"

#include <algorithm>
#include <array>
#include <vector>

#include "reward/answer_parser.h"
#include "reward/plain_text.h"
#include "reward/route_events.h"

namespace retrace::reward {
namespace {

constexpr std::array<std::string_view, 7> kLeadIns = {"answer", "option", "choice", "choose",
                                                      "select", "pick",   "letter"};
constexpr std::array<std::string_view, 9> kBetween = {
    "is", "be", "would", "must", "should", "option", "choice", "the", "therefore"};

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Words with their case: letters are capitals, and "a" is an article.
struct CasedWord {
  std::string_view text;
  std::string lowered;
};

std::vector<CasedWord> cased_words(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) > 127;
  };
  std::vector<CasedWord> list;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end == i) {
      ++i;
      continue;
    }
    CasedWord word{text.substr(i, end - i), std::string(text.substr(i, end - i))};
    for (char& c : word.lowered) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    list.push_back(std::move(word));
    i = end;
  }
  return list;
}

bool is_capital(const CasedWord& word, size_t num_letters) {
  return word.text.size() == 1 && word.text[0] >= 'A' &&
         static_cast<size_t>(word.text[0] - 'A') < num_letters;
}

// The option whose text ends last in the thought, word for word; the longest of several.
std::optional<size_t> last_stated_option(std::string_view thought,
                                         const std::vector<std::string>& options) {
  const std::string text = padded_words(thought);
  std::optional<size_t> last;
  size_t last_end = 0, last_size = 0;
  for (size_t i = 0; i < options.size(); ++i) {
    const std::string option = padded_words(options[i]);
    const size_t begin = option.size() > 1 ? text.rfind(option) : text.npos;
    if (begin == text.npos) continue;
    const size_t end = begin + option.size();
    if (end < last_end || (end == last_end && option.size() <= last_size)) continue;
    last = i;
    last_end = end;
    last_size = option.size();
  }
  return last;
}

// The option whose events the thought's end with; the longest of several.
std::optional<size_t> last_stated_route(std::string_view thought, const data::Sample& sample) {
  const OptionEvents events(sample);
  const Events stated = events.in_text(thought);
  std::optional<size_t> found;
  size_t longest = 0;
  for (size_t i = 0; i < events.num_options(); ++i) {
    const Events& option = events.of_option(i);
    if (option.size() <= longest || option.size() > stated.size()) continue;
    if (!std::equal(option.rbegin(), option.rend(), stated.rbegin())) continue;
    found = i;
    longest = option.size();
  }
  return found;
}

}  // namespace

std::optional<StatedLetter> stated_letter(std::string_view thought, size_t num_letters) {
  const std::vector<CasedWord> said = cased_words(thought);
  std::optional<StatedLetter> stated;
  for (size_t i = 0; i < said.size(); ++i) {
    if (!is_one_of(said[i].lowered, kLeadIns)) continue;
    size_t at = i + 1;
    while (at < said.size() && is_one_of(said[at].lowered, kBetween)) ++at;
    if (at >= said.size() || !is_capital(said[at], num_letters)) continue;
    const bool has_rival = at + 2 < said.size() && is_capital(said[at + 2], num_letters) &&
                           (said[at + 1].lowered == "or" || said[at + 1].lowered == "and");
    const bool is_list = at + 1 < said.size() && is_capital(said[at + 1], num_letters);
    stated = StatedLetter{said[at].text[0], has_rival || is_list};
  }
  return stated;
}

std::optional<double> ConsistencyReward::score(const RewardInput& input) const {
  const data::Sample& sample = input.sample;
  if (!why_unfit(sample).empty()) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  const std::optional<char> answer = parsed ? answer_letter(parsed->answer) : std::nullopt;
  if (!answer || input.truncated) return 0.0;
  const size_t num_letters = sample.options.empty() ? 26 : sample.options.size();
  if (const std::optional<StatedLetter> stated = stated_letter(parsed->think, num_letters))
    return stated->letter == *answer && !stated->hedged ? 1.0 : 0.0;
  const auto chosen = static_cast<size_t>(*answer - 'A');
  std::optional<size_t> stated = last_stated_option(parsed->think, sample.options);
  if (!stated) stated = last_stated_route(parsed->think, sample);
  return stated == chosen ? 1.0 : 0.0;
}

std::string ConsistencyReward::why_unfit(const data::Sample& sample) const {
  return answer_letter(sample.answer) || !sample.options.empty() ? "" : "it has no options";
}

}  // namespace retrace::reward
