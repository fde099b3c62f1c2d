// Reads a route described in English: free text, numbered steps, arrows, lists of a programming
// language. Rules and word lists, no model; what it cannot read it leaves out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reward/route_words.h"

namespace retrace::reward {

enum class Move { kLeft, kRight, kStraight, kTurnBack, kUpstairs, kDownstairs };

std::string_view to_string(Move move);  // "left", "right", "straight", "turn back", "upstairs", ...

struct ParsedRoute {
  // In the order of the text. Neighbouring kStraight are one, and so are neighbouring kTurnBack of
  // which the second only says "walk back". "On the left" is no move, nor is what is negated
  // ("do not turn left").
  std::vector<Move> moves;
  // What is named, in the order of the text: nouns with the words before them, in the singular, one
  // name for things with several ("car park", "parking lot"). Repeated neighbours are one.
  std::vector<Words> landmarks;
  std::vector<std::string> landmark_clauses;  // clauses that name one, in plain words
  size_t num_words = 0;

  bool empty() const { return moves.empty() && landmarks.empty(); }
};

// Linear in the text.
ParsedRoute parse_route(std::string_view text);

}  // namespace retrace::reward
