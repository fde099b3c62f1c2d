// Byte-level BPE of the Qwen families, from tokenizer.json: NFC, the pre-tokenizer's pattern
// (PCRE2), bytes to printable characters, merges by rank, added tokens matched first.
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

// All const methods are thread-safe.
class Tokenizer {
 public:
  // Throws CheckpointError naming the file and what is missing or not supported in it.
  static Tokenizer from_file(const std::filesystem::path& tokenizer_json);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // Added tokens in the text become their ids. Linear in the text's length. Invalid UTF-8 becomes
  // U+FFFD.
  std::vector<int64_t> encode(std::string_view text) const;
  // Bytes of the tokens joined, invalid UTF-8 replaced by U+FFFD; special tokens are left out if
  // `skip_special`, ids that no token has always (rows of the embedding beyond the vocabulary mean
  // nothing).
  std::string decode(std::span<const int64_t> ids, bool skip_special = true) const;
  // By the spelling in tokenizer.json: added tokens as they stand, others in the byte-level
  // alphabet.
  std::optional<int64_t> id_of(std::string_view token) const;
  int64_t vocab_size() const;  // largest id + 1

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::model
