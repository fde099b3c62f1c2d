#include "model/token_matcher.h"

#include <algorithm>

#include "model/character_class.h"
#include "model/unicode_text.h"

namespace retrace::model {

namespace {

constexpr int32_t kNoChild = -1;

bool has_class(Character character, int classes) {
  return (classes_of(character.code_point) & classes) != 0;
}

// Whether text[begin, end) is free of letters, numbers that count as such, marks and underscores on
// both sides.
bool stands_alone(std::string_view text, size_t begin, size_t end) {
  constexpr int kWord = kLetter | kMark | kWordOnly;
  const bool joined_before = begin > 0 && has_class(character_before(text, begin), kWord);
  const bool joined_after = end < text.size() && has_class(character_at(text, end), kWord);
  return !joined_before && !joined_after;
}

size_t skip_spaces_back(std::string_view text, size_t end, size_t limit) {
  while (end > limit) {
    const Character character = character_before(text, end);
    if (!has_class(character, kSpace)) break;
    end -= character.num_bytes;
  }
  return std::max(end, limit);
}

size_t skip_spaces(std::string_view text, size_t place) {
  while (place < text.size()) {
    const Character character = character_at(text, place);
    if (!has_class(character, kSpace)) break;
    place += character.num_bytes;
  }
  return place;
}

}  // namespace

TokenMatcher::TokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)), nodes_(1) {
  // The reference implementation looks special tokens up first.
  std::stable_partition(tokens_.begin(), tokens_.end(),
                        [](const AddedToken& token) { return token.special; });
  for (size_t i = 0; i < tokens_.size(); ++i) insert(static_cast<int32_t>(i));
}

void TokenMatcher::insert(int32_t token) {
  const std::string_view content = tokens_[static_cast<size_t>(token)].content;
  begins_token_[static_cast<uint8_t>(content[0])] = true;
  int32_t node = 0;
  for (const char byte : content) {
    int32_t child = find_child(node, byte);
    if (child == kNoChild) {
      child = static_cast<int32_t>(nodes_.size());
      nodes_.emplace_back();
      nodes_[static_cast<size_t>(node)].children.emplace_back(byte, child);
    }
    node = child;
  }
  int32_t& slot = nodes_[static_cast<size_t>(node)].token;
  if (slot == kNoToken) slot = token;
}

int32_t TokenMatcher::find_child(int32_t node, char byte) const {
  for (const auto& [key, child] : nodes_[static_cast<size_t>(node)].children) {
    if (key == byte) return child;
  }
  return kNoChild;
}

TokenMatcher::Match TokenMatcher::longest_match(std::string_view text, int64_t& steps) const {
  Match best;
  ++steps;
  if (!begins_token_[static_cast<uint8_t>(text[0])]) return best;
  int32_t node = 0;
  for (size_t i = 0; i < text.size(); ++i, ++steps) {
    node = find_child(node, text[i]);
    if (node == kNoChild) break;
    const int32_t token = nodes_[static_cast<size_t>(node)].token;
    if (token != kNoToken) best = {i + 1, token};
  }
  return best;
}

std::vector<TokenMatcher::Piece> TokenMatcher::split(std::string_view text, int64_t& steps) const {
  std::vector<Piece> pieces;
  size_t plain_begin = 0, spaces_end = 0;
  const auto add_plain = [&](size_t end) {
    if (plain_begin < end) pieces.push_back({text.substr(plain_begin, end - plain_begin)});
  };
  for (size_t place = 0; place < text.size() && !empty();) {
    const Match match = longest_match(text.substr(place), steps);
    if (match.length == 0) {
      ++place;
      continue;
    }
    size_t begin = place, end = place + match.length;
    place = end;
    const AddedToken& token = tokens_[static_cast<size_t>(match.token)];
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.strips_left) begin = skip_spaces_back(text, begin, plain_begin);
    // A token of white space alone may be found within what the one before it has taken.
    if (token.strips_right) end = spaces_end = skip_spaces(text, std::max(end, spaces_end));
    add_plain(begin);
    pieces.push_back({text.substr(begin, end - begin), token.id});
    plain_begin = end;
  }
  add_plain(text.size());
  return pieces;
}

}  // namespace retrace::model
