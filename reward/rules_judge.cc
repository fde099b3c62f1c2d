#include "reward/rules_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "reward/route_alignment.h"

namespace retrace::reward {
namespace {

constexpr size_t kMaxBytes = 1 << 16;  // of a text that is looked at; the rest is repetition
constexpr size_t kMaxItems = 512;      // moves, and landmarks, that are aligned
constexpr double kMaxScore = 5;

// What is compared of one pair of routes.
struct Comparison {
  MoveAlignment moves;
  LandmarkAlignment landmarks;
  double moves_found = 0;     // weight of moves in both, order and sides left out
  double moves_weight = 0;    // of the reference
  double brevity = 1;         // what an answer keeps that is far longer than the reference
  double novelty = 1;         // what an answer keeps that says the same again
  double restraint = 1;       // what an answer keeps that names very many landmarks
  double move_restraint = 1;  // ... or moves
};

double ratio(double part, double whole) {
  return whole > 0 ? std::min(1.0, part / whole) : 1.0;
}

// Moves by kind; left and right are one.
std::array<size_t, 6> count_kinds(const std::vector<Move>& moves) {
  std::array<size_t, 6> counts{};
  for (const Move move : moves) {
    ++counts[static_cast<size_t>(move == Move::kRight ? Move::kLeft : move)];
  }
  return counts;
}

void compare_kinds(const ParsedRoute& reference, const ParsedRoute& prediction,
                   Comparison& comparison) {
  const std::array<size_t, 6> wanted = count_kinds(reference.moves);
  const std::array<size_t, 6> given = count_kinds(prediction.moves);
  for (size_t kind = 0; kind < wanted.size(); ++kind) {
    const double weight = move_weight(static_cast<Move>(kind));
    comparison.moves_found += weight * static_cast<double>(std::min(wanted[kind], given[kind]));
    comparison.moves_weight += weight * static_cast<double>(wanted[kind]);
  }
}

// Clauses about landmarks that were said before. Bare ones ("turn left") repeat in any route.
size_t num_repeated(const ParsedRoute& route) {
  const std::set<std::string> distinct(route.landmark_clauses.begin(),
                                       route.landmark_clauses.end());
  return route.landmark_clauses.size() - distinct.size();
}

double novelty(const ParsedRoute& reference, const ParsedRoute& prediction) {
  const size_t wanted = num_repeated(reference), given = num_repeated(prediction);
  if (given <= wanted) return 1;
  const auto distinct = static_cast<double>(prediction.landmark_clauses.size() - given);
  return distinct / (distinct + static_cast<double>(given - wanted));
}

// Names as long as "red pillar"; a longer run of words counts as several.
size_t num_names(const std::vector<Words>& landmarks) {
  size_t count = 0;
  for (const Words& words : landmarks) count += (words.size() + 1) / 2;
  return count;
}

double restraint(size_t num_wanted, size_t num_given) {
  return ratio(static_cast<double>(2 * num_wanted + 2), static_cast<double>(num_given));
}

Comparison compare(const ParsedRoute& reference, const ParsedRoute& prediction) {
  Comparison comparison;
  comparison.moves = align_moves(reference.moves, prediction.moves);
  comparison.landmarks = align_landmarks(reference.landmarks, prediction.landmarks);
  compare_kinds(reference, prediction, comparison);
  comparison.novelty = novelty(reference, prediction);
  comparison.restraint = restraint(num_names(reference.landmarks), num_names(prediction.landmarks));
  comparison.move_restraint = restraint(reference.moves.size(), prediction.moves.size());
  comparison.brevity = ratio(static_cast<double>(3 * reference.num_words + 60),
                             static_cast<double>(prediction.num_words));
  return comparison;
}

std::string join_words(const std::vector<Words>& landmarks) {
  std::vector<std::string> texts;
  for (const Words& words : landmarks) texts.push_back(fmt::format("{}", fmt::join(words, " ")));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string join_moves(const std::vector<Move>& moves) {
  std::vector<std::string_view> texts;
  for (const Move move : moves) texts.push_back(to_string(move));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string explain(const ParsedRoute& reference, const Comparison& comparison) {
  const MoveAlignment& moves = comparison.moves;
  const LandmarkAlignment& landmarks = comparison.landmarks;
  std::string text = fmt::format("moves {} of {}", moves.num_matched, reference.moves.size());
  if (!moves.missing.empty()) text += fmt::format(", missed: {}", join_moves(moves.missing));
  if (!moves.extra.empty()) text += fmt::format(", too many: {}", join_moves(moves.extra));
  const size_t num_landmarks = reference.landmarks.size();
  text +=
      fmt::format("; landmarks {} of {}", num_landmarks - landmarks.missing.size(), num_landmarks);
  if (!landmarks.missing.empty())
    text += fmt::format(", missed: {}", join_words(landmarks.missing));
  if (landmarks.in_reverse_order > landmarks.in_order) {
    text += ", in the order of the opposite direction";
  } else if (landmarks.in_order < landmarks.found) {
    text += ", out of order";
  }
  if (comparison.novelty < 1) text += "; repeats itself";
  if (comparison.brevity < 1) text += "; far longer than the reference";
  if (comparison.restraint < 1) text += "; names very many things";
  return text;
}

JudgeVerdict verdict_of(const ParsedRoute& reference, const Comparison& comparison) {
  const LandmarkAlignment& landmarks = comparison.landmarks;
  const auto num_landmarks = static_cast<double>(reference.landmarks.size());
  const double kept = comparison.brevity * comparison.novelty;
  double direction = comparison.moves.score * kept;
  double landmark = ratio(0.75 * landmarks.in_order + 0.25 * landmarks.found, num_landmarks) *
                    comparison.restraint * kept;
  if (reference.landmarks.empty()) landmark = direction;
  if (reference.moves.empty()) {
    const auto num_extra = static_cast<double>(comparison.moves.extra.size());
    direction = landmark / (1 + num_extra);
  }
  const double covered =
      ratio(landmarks.found + comparison.moves_found, num_landmarks + comparison.moves_weight);
  const double ordered = ratio(landmarks.in_order, landmarks.found);
  const double semantics =
      covered * ordered * comparison.restraint * comparison.move_restraint * kept;
  return {.direction = kMaxScore * direction,
          .landmark = kMaxScore * landmark,
          .semantics = kMaxScore * semantics,
          .explanation = explain(reference, comparison)};
}

// The text as far as it is looked at; its length is judged as a whole.
ParsedRoute parse_bounded(std::string_view text) {
  ParsedRoute route = parse_route(text.substr(0, kMaxBytes));
  route.moves.resize(std::min(route.moves.size(), kMaxItems));
  route.landmarks.resize(std::min(route.landmarks.size(), kMaxItems));
  return route;
}

}  // namespace

std::optional<JudgeVerdict> RulesJudge::judge(const JudgeRequest& request) const {
  ++asked_;
  const ParsedRoute reference = parse_bounded(request.reference);
  if (reference.empty()) {
    ++failed_;
    return std::nullopt;
  }
  return verdict_of(reference, compare(reference, parse_bounded(request.prediction)));
}

JudgeCounts RulesJudge::counts() const {
  JudgeCounts counts;
  counts.asked = asked_;
  counts.failed = failed_;
  return counts;
}

}  // namespace retrace::reward
