// Byte-level BPE of the Qwen families: NFC, the pre-tokenizer's pattern, merges by rank, added
// tokens matched first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::model {

// What encoding cost, in steps of its parts; tests assert that it stays linear in the text's bytes.
struct EncodeStats {
  int64_t match_steps = 0;      // bytes compared with added tokens
  int64_t normalise_steps = 0;  // characters looked at and comparisons of marks
  int64_t split_steps = 0;      // characters looked at
  int64_t merge_steps = 0;      // pairs of symbols looked up
};

// All const methods are thread-safe.
class Tokenizer {
 public:
  // From a model folder: its tokenizer.json, else vocab.json and merges.txt, else its .tiktoken
  // file; the last two with the added tokens of tokenizer_config.json or added_tokens.json. Throws
  // CheckpointError naming the file and what is missing or not supported in it.
  static Tokenizer from_folder(const std::filesystem::path& folder);
  static Tokenizer from_file(const std::filesystem::path& tokenizer_json);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // Added tokens in the text become their ids. Invalid UTF-8 becomes U+FFFD. Time is linear in the
  // text's length but for the heap of a word's merges and the sort of a run of marks, O(n log n).
  // `stats`, if given, grows.
  std::vector<int64_t> encode(std::string_view text, EncodeStats* stats = nullptr) const;
  // Bytes of the tokens joined, invalid UTF-8 replaced by U+FFFD; special tokens are left out if
  // `skip_special`, ids that no token has always (rows of the embedding beyond the vocabulary mean
  // nothing). For text that grows token by token: StreamDecoder.
  std::string decode(std::span<const int64_t> ids, bool skip_special = true) const;
  // What decode() joins; may be a part of a character. Valid as long as the tokenizer.
  std::string_view bytes_of(int64_t id, bool skip_special = true) const;
  // By the spelling in the vocabulary: added tokens as they stand, others in the byte-level
  // alphabet.
  std::optional<int64_t> id_of(std::string_view token) const;
  int64_t vocab_size() const;  // largest id + 1

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::model
