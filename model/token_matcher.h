// Finds added tokens in text: leftmost first, the longest of those that start at the same place.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "model/added_token.h"

namespace retrace::model {

class TokenMatcher {
 public:
  // Of two tokens with the same content the first is taken.
  explicit TokenMatcher(std::vector<AddedToken> tokens);

  struct Piece {
    std::string_view text;
    int64_t id = kPlainText;  // of the added token, or kPlainText
  };
  static constexpr int64_t kPlainText = -1;

  // Consecutive non-empty pieces that make up `text` (valid UTF-8). O(length of text x longest
  // token); `steps` grows by the bytes compared.
  std::vector<Piece> split(std::string_view text, int64_t& steps) const;
  bool empty() const { return tokens_.empty(); }

 private:
  struct Node {
    std::vector<std::pair<char, int32_t>> children;
    int32_t token = kNoToken;  // index into tokens_
  };
  struct Match {
    size_t length = 0;  // 0: no token begins here
    int32_t token = kNoToken;
  };
  static constexpr int32_t kNoToken = -1;

  void insert(int32_t token);
  int32_t find_child(int32_t node, char byte) const;
  Match longest_match(std::string_view text, int64_t& steps) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;               // a trie over bytes, root first
  std::array<bool, 256> begins_token_{};  // by first byte
};

}  // namespace retrace::model
