// Words of route descriptions: splitting a text into clauses of plain words, and the word lists
// that reward/route_parser.h reads them with. English only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::reward {

using Words = std::vector<std::string>;

// Lower-case words in clauses. A clause ends at punctuation, a line end, an arrow, a bracket or
// quote of a Python list, a bullet, a step number ("2.", "Step 3:"), and before "then". Apostrophes
// and hyphens inside words are dropped or become spaces: "don't" is "dont", "left-hand" two words.
// Bytes outside ASCII end a clause (arrows) or are left out of their word. Linear in the text.
std::vector<Words> split_clauses(std::string_view text);

// Singular nouns, and one name for things with several: "stop light" and "traffic lights" are both
// "trafficlight", "car park" and "parking lot" both "parkinglot".
Words unify_nouns(const Words& words);

enum class WordKind {
  kNoun,         // anything not listed: a part of a landmark's name
  kFiller,       // articles, pronouns, prepositions, auxiliary verbs: ends a landmark's name
  kMotion,       // go, walk, head, ...
  kTurning,      // turn, bear, veer, take, make, ...
  kAdverb,       // slightly, sharp, again, ...: may stand between a verb and its side
  kDistance,     // few, steps, metres, moment
  kDescription,  // start, destination, route: says nothing about where one is
};
WordKind word_kind(std::string_view word);

bool is_colour(std::string_view word);
bool is_stairs(std::string_view word);
bool is_number(std::string_view word);

// Words of a clause before the first that negates the rest ("not", "without", "instead of"); all of
// them if none does. "Instead turn left" negates nothing in it.
size_t num_affirmed(const Words& clause);

}  // namespace retrace::reward
