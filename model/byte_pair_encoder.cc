#include "model/byte_pair_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/error.h"
#include "model/byte_alphabet.h"
#include "model/symbol_merging.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;

constexpr int32_t kNoToken = -1;
constexpr size_t kTypicalLength = 64;  // bytes

}  // namespace

BytePairEncoder::BytePairEncoder(const TokenizerContents& contents)
    : merges_(contents.merges.size()) {
  read_bytes(contents);
  // A pair given twice has the rank of its last mention, as in the reference implementation.
  for (const MergeRule& merge : contents.merges) {
    merges_.set(merge.left_id, merge.right_id, {merge.rank, merge.merged_id});
  }
  find_whole_words(contents);
}

void BytePairEncoder::read_bytes(const TokenizerContents& contents) {
  id_of_byte_.fill(kNoToken);
  for (const auto& [spelling, id] : contents.vocab) {
    const std::optional<std::string> bytes = bytes_of_spelling(spelling);
    if (bytes && bytes->size() == 1) {
      id_of_byte_[static_cast<uint8_t>(bytes->front())] = static_cast<int32_t>(id);
    }
  }
  for (size_t byte = 0; byte < id_of_byte_.size(); ++byte) {
    if (id_of_byte_[byte] != kNoToken) continue;
    throw_<CheckpointError>(
        "{}: expected a token for every byte in the vocabulary, found none for byte 0x{:02x} "
        "('{}'); not a byte-level tokenizer",
        contents.file, byte, spell_byte(static_cast<unsigned char>(byte)));
  }
}

// With ignores_merges every entry of the vocabulary is one; otherwise those that merging arrives
// at.
void BytePairEncoder::find_whole_words(const TokenizerContents& contents) {
  std::vector<std::pair<size_t, int32_t>> found;  // length, id
  std::vector<int64_t> ids;
  int64_t unused_steps = 0;
  for (const auto& [spelling, id] : contents.vocab) {
    const std::optional<std::string> bytes = bytes_of_spelling(spelling);
    if (!bytes || bytes->empty()) continue;
    if (!contents.ignores_merges) {
      ids.clear();
      encode(*bytes, ids, unused_steps);  // whole_words_ is empty: by merges alone
      if (ids.size() != 1 || ids.front() != id) continue;
    }
    whole_words_text_ += *bytes;
    found.emplace_back(bytes->size(), static_cast<int32_t>(id));
  }
  whole_words_.reserve(found.size());
  std::string_view rest = whole_words_text_;
  for (const auto& [length, id] : found) {
    whole_words_.emplace(rest.substr(0, length), id);
    rest.remove_prefix(length);
  }
}

void BytePairEncoder::encode(std::string_view word, std::vector<int64_t>& ids,
                             int64_t& steps) const {
  ++steps;
  if (const auto it = whole_words_.find(word); it != whole_words_.end()) {
    ids.push_back(it->second);
    return;
  }
  // Nearly every word fits in the first, whose contents are written before they are read.
  std::array<int32_t, kTypicalLength> few;
  std::vector<int32_t> many(word.size() > few.size() ? word.size() : 0);
  int32_t* const symbols = many.empty() ? few.data() : many.data();
  std::transform(word.begin(), word.end(), symbols,
                 [&](char byte) { return id_of_byte_[static_cast<uint8_t>(byte)]; });
  const size_t size = merge_symbols(merges_, {symbols, word.size()}, steps);
  ids.insert(ids.end(), symbols, symbols + size);
}

}  // namespace retrace::model
