// What a tokenizer is made of, whichever files it was read from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/added_token.h"

namespace retrace::model {

// Adjacent tokens `left_id` and `right_id` become `merged_id`; the lowest rank goes first.
struct MergeRule {
  int32_t left_id = 0, right_id = 0;
  int32_t merged_id = 0;
  int32_t rank = 0;
};

struct TokenizerContents {
  std::string file;                                    // named in messages
  std::vector<std::pair<std::string, int64_t>> vocab;  // spelling in the byte-level alphabet, id
  std::vector<MergeRule> merges;
  std::vector<AddedToken> added_tokens;
  std::string split_pattern;  // of the pre-tokenizer
  bool normalises_nfc = false;
  bool ignores_merges = false;  // a word that is in the vocabulary is not merged but taken whole
};

constexpr int64_t kMaxTokenId = 1 << 22;

// Adds pairs of spellings, best first, to contents.merges. `place` names them in messages. Throws
// CheckpointError for a pair whose parts or whole are not in contents.vocab.
void add_merges(const std::vector<std::pair<std::string, std::string>>& pairs,
                const std::string& place, TokenizerContents& contents);

}  // namespace retrace::model
