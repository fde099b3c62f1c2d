// How well two routes match, move by move and landmark by landmark.
#pragma once

#include <cstddef>
#include <vector>

#include "reward/route_parser.h"

namespace retrace::reward {

// What a move weighs: 1, but 0.2 for straight, which goes without saying between turns.
double move_weight(Move move);

struct MoveAlignment {
  // (weight matched - half the weight left over on both sides - half for each turn that the
  // prediction has more than the reference) / weight of the reference, in [0, 1]; straight moves
  // left over in the prediction cost nothing. Of all alignments that keep the order, the best one.
  // 0 for a reference without moves. With less than that for a turn too many, left and right in
  // turn, twice as often as there are crossings, would earn half without having seen anything.
  double score = 0;
  size_t num_matched = 0;     // moves, straight ones included
  std::vector<Move> missing;  // of the reference, in its order
  std::vector<Move> extra;    // of the prediction, but for straight
};

// Takes time and memory proportional to the product of the lengths.
MoveAlignment align_moves(const std::vector<Move>& reference, const std::vector<Move>& prediction);

// In [0, 1]: the share of the reference's words that the prediction has, the last one (the noun)
// counting twice; 0 without the noun, or where both name colours and no colour is the same. Times
// (r + 3) / p for a prediction of p > r + 3 words: one name that holds all words is no name.
double landmark_similarity(const Words& reference, const Words& prediction);

struct LandmarkAlignment {
  double found = 0;             // sum over the reference of the best similarity, wherever it is
  double in_order = 0;          // the largest sum over pairs that keep the order; at most `found`
  double in_reverse_order = 0;  // the same against the reference read backwards
  std::vector<Words> missing;   // of the reference: nothing similar was found
};

LandmarkAlignment align_landmarks(const std::vector<Words>& reference,
                                  const std::vector<Words>& prediction);

}  // namespace retrace::reward
