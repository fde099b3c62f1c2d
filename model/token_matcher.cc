#include "model/token_matcher.h"

namespace retrace::model {

namespace {
constexpr int32_t kNoChild = -1;
}  // namespace

TokenMatcher::TokenMatcher(const std::vector<AddedToken>& tokens) : nodes_(1) {
  for (const AddedToken& token : tokens) {
    int32_t node = 0;
    for (const char byte : token.content) {
      int32_t child = find_child(node, byte);
      if (child == kNoChild) {
        child = static_cast<int32_t>(nodes_.size());
        nodes_.emplace_back();
        nodes_[node].children.emplace_back(byte, child);
      }
      node = child;
    }
    nodes_[node].id = token.id;
  }
}

int32_t TokenMatcher::find_child(int32_t node, char byte) const {
  for (const auto& [key, child] : nodes_[node].children) {
    if (key == byte) return child;
  }
  return kNoChild;
}

TokenMatcher::Piece TokenMatcher::longest_match(std::string_view text) const {
  Piece best;
  int32_t node = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    node = find_child(node, text[i]);
    if (node == kNoChild) break;
    if (nodes_[node].id != kPlainText) best = {text.substr(0, i + 1), nodes_[node].id};
  }
  return best;
}

std::vector<TokenMatcher::Piece> TokenMatcher::split(std::string_view text) const {
  std::vector<Piece> pieces;
  size_t plain_begin = 0;
  for (size_t place = 0; place < text.size();) {
    const Piece match = longest_match(text.substr(place));
    if (match.id == kPlainText) {
      ++place;
      continue;
    }
    if (place > plain_begin) pieces.push_back({text.substr(plain_begin, place - plain_begin)});
    pieces.push_back(match);
    place += match.text.size();
    plain_begin = place;
  }
  if (plain_begin < text.size()) pieces.push_back({text.substr(plain_begin)});
  return pieces;
}

}  // namespace retrace::model
