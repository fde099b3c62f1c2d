#include "reward/route_events.h"

#include <algorithm>
#include <array>

#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

enum Turn : int { kLeft, kRight, kStraight, kBack, kUp, kDown };

constexpr std::array kOpposites = {kRight, kLeft, kStraight, kBack, kDown, kUp};

// The separator at the start of `text`: its length, 0 if there is none.
size_t separator_size(std::string_view text) {
  if (text[0] == ',' || text[0] == ';' || text[0] == '\n') return 1;
  if (text[0] == '.' && (text.size() == 1 || text[1] == ' ' || text[1] == '\n')) return 1;
  for (const std::string_view arrow : {"->", "=>", "\xE2\x86\x92"}) {
    if (text.starts_with(arrow)) return arrow.size();
  }
  return 0;
}

bool is_number(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_filler(const std::string& word) {
  return word == "then" || word == "and" || word == "first" || word == "finally";
}

void add_step(std::vector<std::string>& steps, const std::vector<std::string>& step_words,
              size_t begin, size_t end) {
  while (begin < end && is_filler(step_words[begin])) ++begin;
  std::string step;
  for (size_t i = begin; i < end; ++i) step += (step.empty() ? "" : " ") + step_words[i];
  if (!step.empty()) steps.push_back(step);
}

// One piece between separators: cut at "then", numbering dropped.
void add_piece(std::vector<std::string>& steps, std::string_view piece) {
  const std::vector<std::string> all = words(piece);
  size_t begin = !all.empty() && is_number(all[0]) ? 1 : 0;
  for (size_t i = begin; i < all.size(); ++i) {
    if (all[i] != "then") continue;
    add_step(steps, all, begin, i);
    begin = i + 1;
  }
  add_step(steps, all, begin, all.size());
}

Events turns_in(const std::vector<std::string>& text) {
  Events turns;
  const auto word = [&](size_t i) { return i < text.size() ? std::string_view(text[i]) : ""; };
  const auto stairs_follow = [&](size_t i) {
    return word(i + 1) == "stairs" || (word(i + 1) == "the" && word(i + 2) == "stairs");
  };
  for (size_t i = 0; i < text.size() && turns.size() < OptionEvents::kMaxEvents; ++i) {
    const std::string_view now = text[i];
    if (now == "left") turns.push_back(kLeft);
    if (now == "right") turns.push_back(kRight);
    if (now == "straight") turns.push_back(kStraight);
    if (now == "uturn" || (now == "u" && word(i + 1) == "turn")) turns.push_back(kBack);
    if (now.starts_with("turn") && word(i + 1) == "around") turns.push_back(kBack);
    if (now == "upstairs" || (now == "up" && stairs_follow(i))) turns.push_back(kUp);
    if (now == "downstairs" || (now == "down" && stairs_follow(i))) turns.push_back(kDown);
  }
  return turns;
}

bool asks_for_turns(const data::Sample& sample) {
  if (sample.task != data::Task::kUnknown) return sample.task == data::Task::kDirection;
  return std::all_of(sample.options.begin(), sample.options.end(),
                     [](const std::string& option) { return !turns_in(words(option)).empty(); });
}

}  // namespace

std::vector<std::string> split_steps(std::string_view text, size_t max_steps) {
  std::vector<std::string> steps;
  size_t begin = 0;
  for (size_t i = 0; i < text.size() && steps.size() < max_steps;) {
    const size_t size = separator_size(text.substr(i));
    if (size > 0) {
      // "1. turn left": the period after a number is no separator.
      const std::string_view piece = trim(text.substr(begin, i - begin));
      const bool is_numbering = text[i] == '.' && !piece.empty() &&
                                is_number(std::string(piece.substr(0, 4))) && piece.size() < 4;
      if (!is_numbering) {
        add_piece(steps, piece);
        begin = i + size;
      }
    }
    i += std::max<size_t>(size, 1);
  }
  add_piece(steps, text.substr(begin));
  if (steps.size() > max_steps) steps.resize(max_steps);
  return steps;
}

OptionEvents::OptionEvents(const data::Sample& sample) : has_turns_(asks_for_turns(sample)) {
  for (const std::string& option : sample.options) {
    if (has_turns_) continue;
    for (const std::string& step : split_steps(option)) {
      std::vector<std::string> step_words = words(step);
      if (std::find(steps_.begin(), steps_.end(), step_words) == steps_.end())
        steps_.push_back(std::move(step_words));
    }
  }
  for (const std::string& option : sample.options) options_.push_back(in_text(option));
}

Events OptionEvents::in_text(std::string_view text) const {
  const std::vector<std::string> text_words = words(text);
  return has_turns_ ? turns_in(text_words) : steps_in(text_words);
}

// Where several steps begin at one word, the longest counts: "wooden door" is no "wooden".
Events OptionEvents::steps_in(const std::vector<std::string>& text_words) const {
  Events events;
  for (size_t at = 0; at < text_words.size() && events.size() < kMaxEvents;) {
    size_t longest = 0;
    int found = -1;
    for (size_t step = 0; step < steps_.size(); ++step) {
      const std::vector<std::string>& step_words = steps_[step];
      if (step_words.size() <= longest || step_words.size() > text_words.size() - at) continue;
      if (!std::equal(step_words.begin(), step_words.end(),
                      text_words.begin() + static_cast<ptrdiff_t>(at)))
        continue;
      longest = step_words.size();
      found = static_cast<int>(step);
    }
    if (found >= 0) events.push_back(found);
    at += std::max<size_t>(longest, 1);
  }
  return events;
}

Events OptionEvents::inverse(const Events& events) const {
  Events back(events.rbegin(), events.rend());
  if (has_turns_) {
    for (int& turn : back) turn = kOpposites[static_cast<size_t>(turn)];
  }
  return back;
}

}  // namespace retrace::reward
