// tokenizer.json of a byte-level BPE tokenizer of the Qwen families, read and checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace retrace::model {

struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool special = false;     // left out of decoded text on request
  bool normalised = false;  // looked for in the text after NFC instead of before
};

struct TokenizerFile {
  std::vector<std::pair<std::string, int64_t>> vocab;  // spelling in the byte-level alphabet, id
  std::vector<std::pair<std::string, std::string>> merges;  // spellings, best first
  std::vector<AddedToken> added_tokens;
  std::string split_pattern;  // of the pre-tokenizer
  bool normalises_nfc = false;
};

// Throws CheckpointError "<file>: key '...': expected ..., found ..." for whatever is missing or
// not supported.
TokenizerFile read_tokenizer_file(const std::filesystem::path& file);

}  // namespace retrace::model
