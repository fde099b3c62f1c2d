#include "reward/route_words.h"

#include <algorithm>
#include <map>
#include <set>

namespace retrace::reward {
namespace {

using WordSet = std::set<std::string_view>;

// The words of a text with one blank between them, which lives as long as the program.
WordSet words_of(std::string_view text) {
  WordSet words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Singular names of a thing, each with the one name that stands for it.
const std::map<std::string_view, std::string_view>& synonyms() {
  static const std::map<std::string_view, std::string_view> kSynonyms = {
      {"zebra crossing", "crosswalk"},
      {"pedestrian crossing", "crosswalk"},
      {"zebra", "crosswalk"},
      {"traffic light", "trafficlight"},
      {"traffic signal", "trafficlight"},
      {"stop light", "trafficlight"},
      {"stoplight", "trafficlight"},
      {"crossroad", "intersection"},
      {"junction", "intersection"},
      {"parking lot", "parkinglot"},
      {"parking area", "parkinglot"},
      {"car park", "parkinglot"},
      {"lift", "elevator"},
      {"couch", "sofa"},
      {"refrigerator", "fridge"},
      {"garbage can", "trashcan"},
      {"trash can", "trashcan"},
      {"trash bin", "trashcan"},
      {"garbage bin", "trashcan"},
      {"rubbish bin", "trashcan"},
      {"dustbin", "trashcan"},
      {"bin", "trashcan"},
      {"pavement", "sidewalk"},
      {"footpath", "sidewalk"},
      {"store", "shop"},
      {"doorway", "door"},
      {"corridor", "hallway"},
      {"hall", "hallway"},
      {"passageway", "hallway"},
      {"tv", "television"},
      {"painting", "picture"},
      {"photo", "picture"},
      {"cupboard", "cabinet"},
      {"bicycle", "bike"},
      {"vehicle", "car"},
      {"automobile", "car"},
      {"bookcase", "bookshelf"},
      {"book shelf", "bookshelf"},
      {"grey", "gray"},
      {"restroom", "bathroom"},
      {"washroom", "bathroom"},
      {"street", "road"},
      {"ball", "sphere"},
      {"staircase", "stairs"},
      {"stairway", "stairs"},
      {"stair", "stairs"},
      {"garbage", "trashcan"},
      {"supermarket", "grocery"},
      {"grocery store", "grocery"},
  };
  return kSynonyms;
}

const WordSet& fillers() {
  static const WordSet kFillers = words_of(
      "put puts putting pick picks picking open opens opening close closes closing pull push grab "
      "hold drop sit observe admire eat cut leftmost rightmost straighten "
      "a about above across after ahead all along alongside also am among an and another "
      "any are around arrive arriving as ascend ascending at away back backward backwards "
      "be because been before begin beginning behind being below beneath beside besides "
      "between both but by can climb climbing come comes coming could cross crossed "
      "crosses crossing descend descending did directly do does dont down downstairs "
      "during each encounter end enter entered entering eventually exit exited exiting "
      "face facing finally find first for forward forwards found from front get getting "
      "going had hand has have having he her here his i if ill im immediately in inside "
      "instead into is it its ive just keeping last lastly leads leave leaving left like "
      "located look me meet more my near nearby next no not notice now of off on "
      "once one onto onward onwards opposite or other our out outside over pass passed "
      "passes passing past reach reached reaches reaching rest right second see seeing "
      "seen sees she should side so some soon stand standing step still stop stopping "
      "straight than that the their them then there these they third this those three "
      "through to toward towards two under until up upon upstairs us via was we "
      "were when where which while who will with within without would you youll your youre "
      "youve");
  return kFillers;
}

const WordSet& motions() {
  static const WordSet kMotions = words_of(
      "advance advances advancing carry continue continued continues continuing drive "
      "follow following follows go goes gone head headed heading heads keep keeps kept "
      "move moves moving proceed proceeding proceeds ride run stay stroll travel traveling "
      "travels walk walked walking walks went moved");
  return kMotions;
}

const WordSet& turnings() {
  static const WordSet kTurnings = words_of(
      "angle angles bear bearing bears bend bends curve curves curving hang hook made make "
      "makes making pivot rotate rotates shift steer swing swings take takes taking took "
      "turn turned turning turns veer veered veering veers");
  return kTurnings;
}

const WordSet& adverbs() {
  static const WordSet kAdverbs = words_of(
      "again another briefly carefully degree diagonal diagonally further gentle gently "
      "hard immediate quick quickly sharp sharply slight slightly slow slowly smooth "
      "smoothly soft softly");
  return kAdverbs;
}

const WordSet& distances() {
  static const WordSet kDistances = words_of(
      "about approximately bit block blocks brief distance far feet few foot ft kilometer "
      "kilometre km little long m meter meters metre metres minute minutes moment moments "
      "roughly second seconds several short steps way while yard yards");
  return kDistances;
}

const WordSet& descriptions() {
  static const WordSet kDescriptions = words_of(
      "answer circle destination direction directions endpoint final finish goal initial "
      "journey landmark landmarks location loop origin original place point position "
      "retrace return returned returning returns reverse route same start started starting "
      "starts thing things trace trip u uturn video");
  return kDescriptions;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string singular(const std::string& word) {
  const auto ends = [&](std::string_view tail) {
    return word.size() > tail.size() + 1 && word.ends_with(tail);
  };
  if (word == "stairs" || ends("ss") || ends("us") || ends("is")) return word;
  if (ends("ies")) return word.substr(0, word.size() - 3) + "y";
  if (ends("ches") || ends("shes") || ends("xes") || ends("sses"))
    return word.substr(0, word.size() - 2);
  if (word.size() > 3 && ends("s")) return word.substr(0, word.size() - 1);
  return word;
}

void end_clause(std::vector<Words>& clauses, Words& clause) {
  if (!clause.empty()) clauses.push_back(std::move(clause));
  clause.clear();
}

// A number that begins a clause is a step's, as is "step 3".
void drop_step_number(Words& clause) {
  size_t begin = 0;
  if (clause.size() >= 2 && clause[0] == "step" && is_number(clause[1])) begin = 1;
  if (!clause.empty() && clause.size() == begin + 1 && is_number(clause[begin])) clause.clear();
}

bool joins_clauses(const std::string& word) {
  return word == "then" || word == "and" || word == "before" || word == "after" ||
         word == "until" || word == "or" || word == "but";
}

}  // namespace

std::vector<Words> split_clauses(std::string_view text) {
  std::vector<Words> clauses;
  Words clause;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (joins_clauses(word)) end_clause(clauses, clause);
    clause.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = lower(text[i]);
    const bool inside = !word.empty() && i + 1 < text.size() && is_plain(lower(text[i + 1]));
    if (is_plain(c)) {
      word += c;
    } else if (c == '\'' && inside) {
      continue;  // "don't"
    } else if (c == '.' && inside && is_number(word) && text[i + 1] >= '0' && text[i + 1] <= '9') {
      continue;  // "2.5 m"
    } else if (c == ' ' || c == '\t' || c == '_' || (c == '-' && inside)) {
      end_word();
    } else if (c == '-' && i > 0 && text[i - 1] == ' ' && i + 1 < text.size() &&
               text[i + 1] == ' ' && (word == "left" || word == "right")) {
      end_word();
    } else {
      end_word();
      drop_step_number(clause);
      end_clause(clauses, clause);
    }
  }
  end_word();
  end_clause(clauses, clause);
  return clauses;
}

Words unify_nouns(const Words& words) {
  Words singulars, unified;
  for (const std::string& word : words) singulars.push_back(singular(word));
  const auto& names = synonyms();
  for (size_t i = 0; i < singulars.size(); ++i) {
    const auto pair =
        i + 1 < singulars.size() ? names.find(singulars[i] + " " + singulars[i + 1]) : names.end();
    if (pair != names.end()) {
      unified.emplace_back(pair->second);
      ++i;
      continue;
    }
    const auto single = names.find(singulars[i]);
    unified.push_back(single == names.end() ? singulars[i] : std::string(single->second));
  }
  return unified;
}

WordKind word_kind(std::string_view word) {
  if (turnings().contains(word)) return WordKind::kTurning;
  if (motions().contains(word)) return WordKind::kMotion;
  if (adverbs().contains(word)) return WordKind::kAdverb;
  if (distances().contains(word) || is_number(word)) return WordKind::kDistance;
  if (descriptions().contains(word)) return WordKind::kDescription;
  if (fillers().contains(word)) return WordKind::kFiller;
  return WordKind::kNoun;
}

bool is_colour(std::string_view word) {
  static const WordSet kColours = {"red",    "green",   "blue",   "yellow", "orange", "purple",
                                   "violet", "pink",    "brown",  "black",  "white",  "gray",
                                   "cyan",   "magenta", "silver", "golden", "beige",  "turquoise"};
  return kColours.contains(word);
}

bool is_stairs(std::string_view word) {
  static const WordSet kStairs = {"stairs",    "stair",     "staircase", "stairway",
                                  "stairwell", "escalator", "elevator",  "lift",
                                  "floor",     "level",     "flight",    "steps"};
  return kStairs.contains(word);
}

bool is_number(std::string_view word) {
  return !word.empty() &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

size_t num_affirmed(const Words& clause) {
  static const WordSet kNegations = {"not",    "dont", "never", "without", "avoid",
                                     "cannot", "cant", "didnt", "doesnt",  "no"};
  for (size_t i = 0; i < clause.size(); ++i) {
    const bool is_instead_of =
        clause[i] == "instead" && i + 1 < clause.size() && clause[i + 1] == "of";
    if (is_instead_of || kNegations.contains(clause[i])) return i;
  }
  return clause.size();
}

}  // namespace retrace::reward
