#include "model/vocab_files.h"

#include <fmt/format.h>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/files.h"
#include "model/added_token_reader.h"
#include "model/json_reader.h"
#include "model/split_pattern.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Takes the first line off `text`, without its line end.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::vector<std::pair<std::string, std::string>> read_merges(const fs::path& file) {
  const std::string text = read_checkpoint_text(file);
  std::vector<std::pair<std::string, std::string>> merges;
  int64_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    ++number;
    if (line.empty() || line.starts_with("#version")) continue;
    const size_t space = line.find(' ');
    if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
        line.find(' ', space + 1) != std::string_view::npos) {
      core::throw_<core::CheckpointError>(
          "{}:{}: expected two tokens with a space between, found '{}'", file.string(), number,
          core::one_line(line));
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

std::vector<std::pair<std::string, int64_t>> read_vocab(const fs::path& file) {
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  const JsonObject vocab(parsed, file.string());
  std::vector<std::pair<std::string, int64_t>> entries;
  entries.reserve(parsed.size());
  for (const auto& item : parsed.items()) {
    entries.emplace_back(item.key(), vocab.integer(item.key(), 0, kMaxTokenId));
  }
  return entries;
}

}  // namespace

std::string split_pattern_of_folder(const fs::path& folder) {
  const fs::path file = folder / "tokenizer_config.json";
  if (!core::is_present(file)) return std::string(kQwenPattern);
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  const JsonObject config(parsed, file.string());
  if (config.boolean_or("add_prefix_space", false)) {
    config.fail("add_prefix_space", "false, the only value supported");
  }
  const std::string name = config.string_or("tokenizer_class", "Qwen2Tokenizer");
  for (const char* known : {"QWenTokenizer", "Qwen2Tokenizer", "Qwen2TokenizerFast"}) {
    if (name == known) return std::string(kQwenPattern);
  }
  if (name == "Qwen3_5Tokenizer") return std::string(kQwenMarkPattern);
  config.fail("tokenizer_class",
              "QWenTokenizer, Qwen2Tokenizer, Qwen2TokenizerFast or Qwen3_5Tokenizer (others need "
              "a tokenizer.json)");
}

TokenizerContents read_vocab_files(const fs::path& folder) {
  const fs::path vocab = folder / "vocab.json", merges = folder / "merges.txt";
  TokenizerContents contents;
  contents.file = vocab.string();
  contents.vocab = read_vocab(vocab);
  add_merges(read_merges(merges), merges.string(), contents);
  contents.split_pattern = split_pattern_of_folder(folder);
  contents.normalises_nfc = true;
  contents.added_tokens = read_added_tokens_of_folder(folder);
  if (contents.added_tokens.empty()) {
    core::throw_<core::CheckpointError>(
        "{}: expected the special tokens beside it, in tokenizer_config.json (key "
        "'added_tokens_decoder') or added_tokens.json, found neither; copy them from the model's "
        "repository",
        vocab.string());
  }
  return contents;
}

}  // namespace retrace::model
