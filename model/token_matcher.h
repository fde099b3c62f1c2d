// Finds added tokens in text: leftmost first, the longest of those that start at the same place.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "model/tokenizer_file.h"

namespace retrace::model {

class TokenMatcher {
 public:
  explicit TokenMatcher(const std::vector<AddedToken>& tokens);

  struct Piece {
    std::string_view text;
    int64_t id = kPlainText;  // of the added token, or kPlainText
  };
  static constexpr int64_t kPlainText = -1;

  // Consecutive non-empty pieces that make up `text`. Time O(length of text x longest token).
  std::vector<Piece> split(std::string_view text) const;

 private:
  struct Node {
    std::vector<std::pair<char, int32_t>> children;
    int64_t id = kPlainText;
  };
  int32_t find_child(int32_t node, char byte) const;
  Piece longest_match(std::string_view text) const;

  std::vector<Node> nodes_;  // a trie over bytes, root first
};

}  // namespace retrace::model
