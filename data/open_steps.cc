#include "data/open_steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "data/jaccard.h"
#include "data/option_text.h"
#include "data/pair_index.h"
#include "data/step_wording.h"

namespace retrace::data {
namespace {

using WordSet = std::vector<std::string>;  // ascending, each once

WordSet word_set(std::string_view text) {
  WordSet words = words_of(text);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// By how much the right option overlaps more with a text than the next one; the answer is given
// away above 0.
class Lead {
 public:
  explicit Lead(const Sample& sample) {
    const std::optional<size_t> right = right_index(sample);
    if (!right || sample.options.size() < 2) return;
    for (size_t i = 0; i < sample.options.size(); ++i)
      (i == *right ? right_ : others_.emplace_back()) = word_set(sample.options[i]);
  }

  double of(std::string_view text) const {
    if (others_.empty()) return 0;
    const WordSet words = word_set(text);
    double nearest = 0;
    for (const WordSet& other : others_) nearest = std::max(nearest, jaccard(words, other));
    return jaccard(words, right_) - nearest;
  }

 private:
  WordSet right_;
  std::vector<WordSet> others_;
};

std::vector<std::string> steps_of(std::string_view annotation) {
  std::vector<std::string> steps;
  while (!annotation.empty()) {
    const size_t end = std::min(annotation.find(','), annotation.size());
    std::string step = normalised_option(annotation.substr(0, end));
    while (step.starts_with("then ") || step.starts_with("and "))
      step = normalised_option(step.substr(step.find(' ')));
    if (!step.empty()) steps.push_back(std::move(step));
    annotation.remove_prefix(std::min(end + 1, annotation.size()));
  }
  return steps;
}

// A lone capital letter could be taken for an option's.
std::string without_lone_capitals(std::string text) {
  const auto is_word = [&](size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 'A' || text[i] > 'Z' || is_word(i + 1) || (i > 0 && is_word(i - 1))) continue;
    text[i] = static_cast<char>(text[i] - 'A' + 'a');
  }
  return text;
}

// How the steps are told.
struct Telling {
  Ways ways;
  std::set<std::string> hidden;
  std::set<size_t> left_out;  // steps
};

class OpenSteps {
 public:
  explicit OpenSteps(const Sample& sample) : steps_(steps_of(sample.opposite)), lead_(sample) {}

  std::vector<std::string> tell() {
    descend([this] { return other_words(); }, /*at_any_price=*/false);
    descend([this] { return more_hidden(); }, /*at_any_price=*/false);
    descend([this] { return fewer_steps(); }, /*at_any_price=*/true);
    take_back();
    return said(telling_);
  }

 private:
  std::vector<std::string> said(const Telling& telling) const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < steps_.size(); ++i) {
      std::string text;
      if (!telling.left_out.contains(i))
        text = with_things_hidden(reworded(steps_[i], telling.ways), telling.hidden);
      texts.push_back(text.empty() ? std::string(kLeftOut) : without_lone_capitals(text));
    }
    return texts;
  }

  // Without words between the steps, which would count as shared ones.
  double lead(const Telling& telling) const {
    return lead_.of(fmt::format("{}", fmt::join(said(telling), ", ")));
  }

  // As long as there is a lead, makes the change that leaves the smallest one. A change has to
  // lower it, unless `at_any_price`: then there are changes until nothing is left to be told.
  void descend(const std::function<std::vector<Telling>()>& changes, bool at_any_price);
  std::vector<Telling> other_words() const;
  std::vector<Telling> more_hidden() const;
  std::vector<Telling> fewer_steps() const;
  void take_back();
  void keep_if_open(Telling changed) {
    if (lead(changed) <= 0) telling_ = std::move(changed);
  }

  std::vector<std::string> steps_;
  Lead lead_;
  Telling telling_;
};

void OpenSteps::descend(const std::function<std::vector<Telling>()>& changes, bool at_any_price) {
  constexpr double kRounding = 1e-12;
  for (double current = lead(telling_); current > 0; current = lead(telling_)) {
    double smallest = at_any_price ? std::numeric_limits<double>::infinity() : current;
    std::optional<Telling> best;
    for (Telling& changed : changes()) {
      const double changed_lead = lead(changed);
      if (changed_lead >= smallest - kRounding) continue;
      smallest = changed_lead;
      best = std::move(changed);
    }
    if (!best) return;
    telling_ = std::move(*best);
  }
}

std::vector<Telling> OpenSteps::other_words() const {
  std::set<size_t> families;
  for (const std::string& step : steps_) families.merge(families_in(step));
  std::vector<Telling> list;
  for (const size_t family : families) {
    for (size_t way = 0; way < num_ways(family); ++way) {
      list.push_back(telling_);
      list.back().ways[family] = way;
    }
  }
  return list;
}

std::vector<Telling> OpenSteps::more_hidden() const {
  std::set<std::string> things;
  for (const std::string& step : steps_) {
    for (std::string& thing : things_named(reworded(step, telling_.ways)))
      things.insert(std::move(thing));
  }
  std::vector<Telling> list;
  for (const std::string& thing : things) {
    if (telling_.hidden.contains(thing)) continue;
    list.push_back(telling_);
    list.back().hidden.insert(thing);
  }
  return list;
}

std::vector<Telling> OpenSteps::fewer_steps() const {
  std::vector<Telling> list;
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (telling_.left_out.contains(i)) continue;
    list.push_back(telling_);
    list.back().left_out.insert(i);
  }
  return list;
}

void OpenSteps::take_back() {
  for (const size_t step : std::set(telling_.left_out)) {
    Telling changed = telling_;
    changed.left_out.erase(step);
    keep_if_open(std::move(changed));
  }
  for (const std::string& thing : std::set(telling_.hidden)) {
    Telling changed = telling_;
    changed.hidden.erase(thing);
    keep_if_open(std::move(changed));
  }
  for (const auto& [family, way] : Ways(telling_.ways)) {
    Telling changed = telling_;
    changed.ways.erase(family);
    keep_if_open(std::move(changed));
  }
}

}  // namespace

bool gives_answer_away(const Sample& sample, std::string_view text) {
  return Lead(sample).of(text) > 0;
}

std::vector<std::string> open_steps(const Sample& sample) {
  return OpenSteps(sample).tell();
}

}  // namespace retrace::data
