#include "data/step_wording.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

namespace retrace::data {
namespace {

// Phrases and, in the same number for every row of a family, what may stand in their place. "^" is
// the start of a step and "$" its end: there some words mean something else ("turn back to the
// door").
struct Row {
  std::vector<std::string_view> phrases, ways;
};
using Family = std::vector<Row>;

const std::vector<Family>& families() {
  static const std::vector<Family> kFamilies = {
      {{{"turn left"},
        {"take a left", "make a left", "bear left", "turn leftward", "bear leftward"}},
       {{"turn right"},
        {"take a right", "make a right", "bear right", "turn rightward", "bear rightward"}}},
      {{{"to the left $", "^ left $"}, {"leftward"}},
       {{"to the right $", "^ right $"}, {"rightward"}},
       {{"walk left"}, {"walk leftward"}},
       {{"walk right"}, {"walk rightward"}}},
      {{{"turn back $", "turn around $", "turn backward $", "turn backwards $",
         "turn around backwards $"},
        {"face the other way", "do an about-face", "make a u-turn"}},
       {{"turn around and", "turn back and"},
        {"face the other way and", "do an about-face and", "make a u-turn and"}}},
      {{{"go straight ahead", "walk straight ahead", "go straight", "walk straight", "walk forward",
         "go forward", "^ straight ahead", "^ straight", "continue straight ahead",
         "continue straight", "keep walking forward", "keep going straight"},
        {"keep on", "continue forward", "move forward", "head onward", "proceed directly"}},
       {{"walk a few steps straight ahead", "take a few steps forward"},
        {"keep on a few steps", "continue forward a few steps", "move forward a few steps",
         "head onward a little way", "proceed directly a little way"}}},
      {{{"return", "go back", "walk back", "step back", "walk straight back"},
        {"go back", "come back", "head back", "retrace the way"}},
       {{"turn back to"}, {"go back to", "come back to", "head back to", "retrace the way to"}},
       {{"the starting point", "starting point", "the start", "the original place"},
        {"where you started", "the beginning", "the original position", "where it all began"}}},
      {{{"^ pick up $"}, {"grab something", "take something", "lift something"}},
       {{"pick up"}, {"grab", "take", "lift"}},
       {{"picking up"}, {"grabbing", "taking", "lifting"}},
       {{"pick it up"}, {"grab it", "take it", "lift it"}},
       {{"pick them up"}, {"grab them", "take them", "lift them"}}},
      {{{"put it down", "^ put down $"}, {"set it aside", "leave it there", "place it back"}},
       {{"put them down"}, {"set them aside", "leave them there", "place them back"}},
       {{"put down"}, {"set down", "leave", "place down"}}},
      {{{"put"}, {"place", "set", "lay"}},
       {{"putting"}, {"placing", "setting", "laying"}},
       {{"put away"}, {"clear away", "clear away", "clear away"}}},
      {{{"^ place"}, {"set", "lay", "put"}},
       {{"and place"}, {"and set", "and lay", "and put"}},
       {{"to place"}, {"to set", "to lay", "to put"}}},
      {{{"observe it for a moment", "observe for a moment"},
        {"inspect it briefly", "look at it for a while", "examine it briefly"}},
       {{"observe it", "^ observe $"}, {"inspect it", "look at it", "examine it"}},
       {{"observe"}, {"inspect", "look at", "examine"}}},
      {{{"for a moment"}, {"briefly", "for a while"}}},
      {{{"a few steps", "for a few steps"}, {"a little way", "a short distance", "several paces"}}},
      {{{"stand up"}, {"get up", "rise"}}},
      {{{"sit down"}, {"take a seat"}}},
      {{{"squat down"}, {"crouch"}}},
      {{{"walk"}, {"move", "head", "step", "proceed", "go"}},
       {{"walking"}, {"moving", "heading", "stepping", "proceeding", "going"}}},
      {{{"go"}, {"move", "head", "proceed", "walk"}},
       {{"going"}, {"moving", "heading", "proceeding", "walking"}}},
      {{{"again"}, {"once more"}}},
      {{{"towards"}, {"toward", "in the direction of"}}},
      {{{"straight ahead $", "forward $", "ahead $"}, {"onward"}}},
      {{{"enter"}, {"go into", "step into"}}},
      {{{"exit the", "leave the"}, {"go out of the"}}},
      {{{"reach the"}, {"get to the", "arrive at the"}}},
      {{{"close the"}, {"shut the"}}, {{"close it"}, {"shut it"}}},
      {{{"take out"}, {"pull out", "remove"}}},
      {{{"pass through"}, {"go through"}}, {{"pass the", "pass by the"}, {"go by the"}}},
      {{{"cross the"}, {"go across the"}}},
      {{{"keep walking"}, {"continue walking", "move on"}},
       {{"keep going"}, {"continue going", "move on"}}},
  };
  return kFamilies;
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// Lower case and without punctuation at the end.
std::string key_of(std::string word) {
  while (word.size() > 1 && std::ispunct(static_cast<unsigned char>(word.back())) != 0)
    word.pop_back();
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

struct Phrase {
  std::vector<std::string> words;
  size_t family = 0;
  const std::vector<std::string_view>* ways = nullptr;
};

// Longest first.
const std::vector<Phrase>& phrases() {
  static const std::vector<Phrase> kPhrases = [] {
    std::vector<Phrase> list;
    for (size_t family = 0; family < families().size(); ++family) {
      for (const Row& row : families()[family]) {
        for (const std::string_view phrase : row.phrases)
          list.push_back({split_words(std::string(phrase)), family, &row.ways});
      }
    }
    std::stable_sort(list.begin(), list.end(), [](const Phrase& a, const Phrase& b) {
      return a.words.size() > b.words.size();
    });
    return list;
  }();
  return kPhrases;
}

// The longest phrase at this word; null if there is none.
const Phrase* phrase_at(const std::vector<std::string>& keys, size_t at) {
  for (const Phrase& phrase : phrases()) {
    if (phrase.words.size() > keys.size() - at) continue;
    if (std::equal(phrase.words.begin(), phrase.words.end(),
                   keys.begin() + static_cast<int64_t>(at)))
      return &phrase;
  }
  return nullptr;
}

void append(std::string& text, std::string_view words) {
  if (!text.empty() && !words.empty()) text += ' ';
  text += words;
}

// One word, or the words of a phrase.
struct Part {
  std::string text;  // without the marks of start and end
  const Phrase* phrase = nullptr;
};

std::vector<Part> parts_of(const std::string& step) {
  std::vector<std::string> words = split_words(step);
  words.insert(words.begin(), "^");
  words.emplace_back("$");
  std::vector<std::string> keys(words.size());
  std::transform(words.begin(), words.end(), keys.begin(), key_of);
  std::vector<Part> parts;
  for (size_t i = 0; i < words.size();) {
    Part part = {"", phrase_at(keys, i)};
    const size_t end = i + (part.phrase == nullptr ? 1 : part.phrase->words.size());
    for (; i < end; ++i) {
      const bool is_mark = i == 0 || i + 1 == words.size();
      if (!is_mark) append(part.text, words[i]);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

bool is_article(const std::string& word) {
  static constexpr std::array<std::string_view, 4> kArticles = {"the", "a", "an", "your"};
  return std::find(kArticles.begin(), kArticles.end(), word) != kArticles.end();
}

// Words that a name does not go beyond.
bool ends_name(const std::string& word) {
  static const std::set<std::string_view> kWords = {
      "and",      "to",       "on",      "in",      "into",   "at",       "from",    "of",
      "with",     "for",      "then",    "towards", "toward", "along",    "through", "past",
      "next",     "by",       "while",   "under",   "over",   "until",    "near",    "inside",
      "around",   "after",    "beside",  "again",   "back",   "left",     "right",   "down",
      "up",       "out",      "away",    "off",     "once",   "where",    "ahead",   "forward",
      "straight", "onto",     "across",  "as",      "before", "onward",   "it",      "them",
      "you",      "leftward", "briefly", "is",      "that",   "rightward"};
  return kWords.contains(word) || is_article(word);
}

// After an article: no name of a thing ("a few steps", "the other way").
bool starts_idiom(const std::string& word) {
  static const std::set<std::string_view> kWords = {
      "few",    "moment",    "while", "beginning",  "starting", "start",
      "other",  "direction", "left",  "right",      "way",      "original",
      "u-turn", "little",    "short", "about-face", "seat"};
  return kWords.contains(word);
}

struct Piece {
  std::string text;
  bool is_thing = false;
};

std::vector<Piece> pieces_of(const std::string& step) {
  const std::vector<std::string> words = split_words(step);
  std::vector<Piece> pieces;
  for (size_t i = 0; i < words.size();) {
    size_t end = i + 1;
    if (is_article(key_of(words[i])))
      while (end < words.size() && !ends_name(key_of(words[end]))) ++end;
    Piece piece;
    piece.is_thing = end > i + 1 && !starts_idiom(key_of(words[i + 1]));
    for (; i < end; ++i) append(piece.text, words[i]);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

size_t num_ways(size_t family) {
  return families().at(family).front().ways.size();
}

std::set<size_t> families_in(const std::string& step) {
  std::set<size_t> found;
  for (const Part& part : parts_of(step)) {
    if (part.phrase != nullptr) found.insert(part.phrase->family);
  }
  return found;
}

std::string reworded(const std::string& step, const Ways& ways) {
  std::string text;
  for (const Part& part : parts_of(step)) {
    const auto way = part.phrase == nullptr ? ways.end() : ways.find(part.phrase->family);
    append(text, way == ways.end() ? part.text : (*part.phrase->ways)[way->second]);
  }
  return text;
}

std::vector<std::string> things_named(const std::string& step) {
  std::vector<std::string> things;
  for (const Piece& piece : pieces_of(step)) {
    if (piece.is_thing) things.push_back(piece.text);
  }
  return things;
}

std::string with_things_hidden(const std::string& step, const std::set<std::string>& things) {
  std::string text, up_to_first;
  for (const Piece& piece : pieces_of(step)) {
    const bool is_hidden = piece.is_thing && things.contains(piece.text);
    if (is_hidden && !up_to_first.empty()) {
      text = up_to_first;
      break;
    }
    append(text, is_hidden ? "something" : piece.text);
    if (is_hidden) up_to_first = text;
  }
  return text == "something" ? "" : text;
}

}  // namespace retrace::data
