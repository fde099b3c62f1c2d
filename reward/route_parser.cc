#include "reward/route_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/error.h"

namespace retrace::reward {
namespace {

// The words of one clause; "" before the first and after the last.
class Clause {
 public:
  explicit Clause(const Words& words) : words_(words) {}
  size_t size() const { return words_.size(); }
  std::string_view at(size_t i) const {
    return i < words_.size() ? std::string_view(words_[i]) : std::string_view();
  }
  std::string_view before(size_t i, size_t distance = 1) const {
    return i >= distance ? at(i - distance) : std::string_view();
  }
  bool is(size_t i, WordKind kind) const { return i < size() && word_kind(at(i)) == kind; }
  bool moves(size_t i) const { return is(i, WordKind::kMotion) || is(i, WordKind::kTurning); }
  template <class Predicate>
  bool any(Predicate predicate) const {
    return std::any_of(words_.begin(), words_.end(), predicate);
  }

 private:
  const Words& words_;
};

template <class... Texts>
bool is_one_of(std::string_view word, Texts... texts) {
  return ((word == texts) || ...);
}

bool is_article(std::string_view word) {
  return is_one_of(word, "the", "a", "an", "your", "my", "our", "his", "her");
}

bool is_ordinal(std::string_view word) {
  return is_one_of(word, "first", "second", "third", "next", "last", "another", "only");
}

// The position of the nearest word before `i` that is no adverb or ordinal; nothing: none.
std::optional<size_t> word_before(const Clause& clause, size_t i) {
  while (i > 0) {
    --i;
    if (!clause.is(i, WordKind::kAdverb) && !is_ordinal(clause.at(i))) return i;
  }
  return std::nullopt;
}

// "the left", "to the left", "on your left": what comes before decides.
bool turns_after_article(const Clause& clause, size_t article) {
  const std::optional<size_t> before = word_before(clause, article);
  if (!before) return false;
  if (clause.at(*before) != "to") return clause.moves(*before);
  const std::optional<size_t> verb = word_before(clause, *before);
  if (verb) return clause.moves(*verb);
  const bool describes = clause.any([](const std::string& word) {
    return is_one_of(word, "is", "are", "there", "see", "you", "stands");
  });
  return clause.at(article) == "the" && !describes;
}

// Whether "left" or "right" at `i` is a change of direction, and not a side or another sense.
bool is_turn(const Clause& clause, size_t i) {
  const std::string_view next = clause.at(i + 1);
  const std::optional<size_t> before = word_before(clause, i);
  const bool after_verb = before && clause.moves(*before);
  if (next == "hand") return clause.at(i + 2) == "turn";
  if (is_one_of(next, "side", "of", "most")) return false;
  if (is_one_of(next, "turn", "turning")) return true;
  if (after_verb) return true;
  if (clause.at(i) == "right" &&
      is_one_of(next, "away", "next", "there", "now", "here", "after", "before", "behind", "past",
                "beside", "into", "through", "by", "in", "across", "under", "outside")) {
    return false;
  }
  if (clause.at(i) == "left" && is_one_of(next, "the", "my", "your", "a", "from")) return false;
  if (!before) return true;
  const std::string_view word = clause.at(*before);
  if (is_one_of(word, "on", "at", "in", "from", "all", "its", "of", "both")) return false;
  if (word == "to") {
    const std::optional<size_t> verb = word_before(clause, *before);
    return !verb || clause.moves(*verb);
  }
  return !is_article(word) || turns_after_article(clause, *before);
}

bool is_turn_back(const Clause& clause, size_t i) {
  const std::string_view word = clause.at(i);
  if (word == "uturn" || (word == "u" && clause.at(i + 1) == "turn")) return true;
  if (word == "180" || (word == "about" && clause.at(i + 1) == "face")) return true;
  const std::optional<size_t> before = word_before(clause, i);
  if (!before || !clause.is(*before, WordKind::kTurning)) return false;
  if (word == "back") return true;
  return word == "around" && !is_article(clause.at(i + 1));
}

// "Return", "walk back": a turn back unless one was just made.
bool is_walk_back(const Clause& clause, size_t i) {
  const std::string_view word = clause.at(i);
  if (is_one_of(word, "return", "returns", "returning", "returned", "retrace")) {
    return !is_article(clause.before(i));
  }
  if (!is_one_of(word, "back", "backward", "backwards")) return false;
  const std::optional<size_t> before = word_before(clause, i);
  return !before || clause.is(*before, WordKind::kMotion) ||
         is_one_of(clause.at(*before), "come", "coming", "circle", "straight");
}

// Which way stairs are taken in this clause; nothing: it does not say.
std::optional<Move> way_of_stairs(const Clause& clause) {
  for (size_t i = 0; i < clause.size(); ++i) {
    const std::string_view word = clause.at(i);
    if (is_one_of(word, "up", "climb", "climbing", "ascend", "ascending")) return Move::kUpstairs;
    if (is_one_of(word, "down", "descend", "descending")) return Move::kDownstairs;
  }
  return std::nullopt;
}

std::optional<Move> stairs_move(const Clause& clause, size_t i, std::optional<Move> way) {
  if (clause.at(i) == "upstairs") return Move::kUpstairs;
  if (clause.at(i) == "downstairs") return Move::kDownstairs;
  if (!is_stairs(clause.at(i)) || clause.before(i) == "few") return std::nullopt;
  return way;
}

bool is_straight(const Clause& clause, size_t i) {
  const std::string_view word = clause.at(i);
  if (is_one_of(word, "straight", "straighten", "forward", "forwards", "onward", "onwards"))
    return true;
  if (word != "ahead") return false;
  const std::optional<size_t> before = word_before(clause, i);
  return !before || clause.moves(*before);
}

void add_move(std::vector<Move>& moves, Move move) {
  const bool repeats = !moves.empty() && moves.back() == move;
  if (!(repeats && move == Move::kStraight)) moves.push_back(move);
}

// Moves of words [0, end) of the clause.
void read_moves(const Clause& clause, size_t end, std::vector<Move>& moves) {
  const size_t num_before = moves.size();
  const std::optional<Move> way = way_of_stairs(clause);
  bool has_move = false, has_stairs = false;
  for (size_t i = 0; i < end; ++i) {
    const std::string_view word = clause.at(i);
    if (is_one_of(word, "left", "right") && is_turn(clause, i)) {
      add_move(moves, word == "left" ? Move::kLeft : Move::kRight);
    } else if (is_turn_back(clause, i)) {
      add_move(moves, Move::kTurnBack);
    } else if (is_walk_back(clause, i)) {
      if (moves.empty() || moves.back() != Move::kTurnBack) add_move(moves, Move::kTurnBack);
      has_move = true;
    } else if (const auto stairs = stairs_move(clause, i, way); stairs && !has_stairs) {
      add_move(moves, *stairs);
      has_stairs = true;
    } else if (is_straight(clause, i)) {
      add_move(moves, Move::kStraight);
      has_move = true;
    }
  }
  has_move = has_move || moves.size() > num_before;
  for (size_t i = 0; i < end && !has_move; ++i) {
    if (!clause.is(i, WordKind::kMotion)) continue;
    add_move(moves, Move::kStraight);
    has_move = true;
  }
}

void add_landmark(std::vector<Words>& landmarks, Words& landmark) {
  if (!landmark.empty() && (landmarks.empty() || landmarks.back() != landmark)) {
    landmarks.push_back(std::move(landmark));
  }
  landmark.clear();
}

// Runs of nouns.
void read_landmarks(const Words& words, bool took_stairs, std::vector<Words>& landmarks) {
  Words landmark;
  for (const std::string& word : unify_nouns(words)) {
    const bool is_part =
        word.size() > 1 && word_kind(word) == WordKind::kNoun && !(took_stairs && is_stairs(word));
    if (is_part) {
      landmark.push_back(word);
    } else {
      add_landmark(landmarks, landmark);
    }
  }
  add_landmark(landmarks, landmark);
}

}  // namespace

std::string_view to_string(Move move) {
  switch (move) {
    case Move::kLeft:
      return "left";
    case Move::kRight:
      return "right";
    case Move::kStraight:
      return "straight";
    case Move::kTurnBack:
      return "turn back";
    case Move::kUpstairs:
      return "upstairs";
    case Move::kDownstairs:
      return "downstairs";
  }
  core::throw_<core::InternalError>("move {}: not a move", static_cast<int>(move));
}

ParsedRoute parse_route(std::string_view text) {
  ParsedRoute route;
  for (const Words& words : split_clauses(text)) {
    const size_t end = num_affirmed(words);
    const size_t num_moves = route.moves.size(), num_landmarks = route.landmarks.size();
    read_moves(Clause(words), end, route.moves);
    const bool took_stairs =
        std::any_of(route.moves.begin() + static_cast<std::ptrdiff_t>(num_moves), route.moves.end(),
                    [](Move move) { return move >= Move::kUpstairs; });
    read_landmarks(Words(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(end)),
                   took_stairs, route.landmarks);
    if (route.landmarks.size() > num_landmarks)
      route.landmark_clauses.push_back(fmt::format("{}", fmt::join(words, " ")));
    route.num_words += words.size();
  }
  return route;
}

}  // namespace retrace::reward
