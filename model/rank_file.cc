#include "model/rank_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/added_token_reader.h"
#include "model/byte_alphabet.h"
#include "model/json_reader.h"
#include "model/vocab_files.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;

struct RankFile {
  std::string name;
  std::vector<std::string> bytes;  // by rank
};

[[noreturn]] void fail(const RankFile& file, size_t rank, std::string_view expected,
                       std::string_view found) {
  core::throw_<core::CheckpointError>("{}:{}: expected {}, found '{}'", file.name, rank + 1,
                                      expected, core::one_line(found));
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  uint32_t bits = 0;
  int num_bits = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    num_bits += 6;
    if (num_bits < 8) continue;
    num_bits -= 8;
    bytes.push_back(static_cast<char>(bits >> num_bits));
    bits &= (1u << num_bits) - 1;
  }
  return bytes;
}

// Lines are in the order of their ranks, from 0: that makes a missing line an error.
RankFile read_lines(const fs::path& path) {
  const std::string text = read_checkpoint_text(path);
  RankFile file{path.string(), {}};
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t rank = file.bytes.size();
    const size_t space = std::min(line.find(' '), line.size());
    std::optional<std::string> bytes = decode_base64(line.substr(0, space));
    if (!bytes) fail(file, rank, "base64 of a token, a space and a rank", line);
    if (line.substr(space) != fmt::format(" {}", rank)) {
      fail(file, rank, fmt::format("rank {}", rank), line);
    }
    if (rank == static_cast<size_t>(kMaxTokenId)) fail(file, rank, "no further rank", line);
    file.bytes.push_back(std::move(*bytes));
  }
  return file;
}

// Every two tokens whose bytes together are a third one merge to it.
void add_vocab_and_merges(const RankFile& file, TokenizerContents& contents) {
  std::unordered_map<std::string_view, int32_t> rank_of;
  for (size_t rank = 0; rank < file.bytes.size(); ++rank) {
    if (!rank_of.emplace(file.bytes[rank], static_cast<int32_t>(rank)).second) {
      fail(file, rank, "a token that no line before has", file.bytes[rank]);
    }
  }
  for (size_t i = 0; i < file.bytes.size(); ++i) {
    const std::string_view bytes = file.bytes[i];
    std::string spelling;
    for (const char byte : bytes) spelling += spell_byte(static_cast<unsigned char>(byte));
    contents.vocab.emplace_back(std::move(spelling), static_cast<int64_t>(i));
    const auto rank = static_cast<int32_t>(i);
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      const auto left = rank_of.find(bytes.substr(0, cut)), right = rank_of.find(bytes.substr(cut));
      if (left == rank_of.end() || right == rank_of.end()) continue;
      contents.merges.push_back({left->second, right->second, rank, rank});
    }
  }
}

std::vector<AddedToken> special_tokens(int64_t first_id, std::vector<std::string> contents) {
  std::vector<AddedToken> tokens;
  for (std::string& content : contents) {
    AddedToken token;
    token.id = first_id++;
    token.content = std::move(content);
    token.special = true;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// The rank files of the Qwen releases come without their special tokens.
std::vector<AddedToken> special_tokens_of_release(const RankFile& file) {
  constexpr size_t kQwenRanks = 151643;
  if (file.bytes.size() != kQwenRanks) {
    core::throw_<core::CheckpointError>(
        "{}: expected {} ranks (Qwen), or the special tokens in tokenizer_config.json beside it "
        "(key 'added_tokens_decoder'), found {} ranks and no special tokens",
        file.name, kQwenRanks, file.bytes.size());
  }
  std::vector<std::string> contents = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  for (int i = 0; i < 205; ++i) contents.push_back(fmt::format("<|extra_{}|>", i));
  return special_tokens(static_cast<int64_t>(kQwenRanks), std::move(contents));
}

}  // namespace

TokenizerContents read_rank_file(const fs::path& path) {
  const RankFile file = read_lines(path);
  TokenizerContents contents;
  contents.file = file.name;
  contents.split_pattern = split_pattern_of_folder(path.parent_path());
  contents.normalises_nfc = true;
  contents.ignores_merges = true;
  add_vocab_and_merges(file, contents);
  contents.added_tokens = read_added_tokens_of_folder(path.parent_path());
  if (contents.added_tokens.empty()) contents.added_tokens = special_tokens_of_release(file);
  return contents;
}

}  // namespace retrace::model
