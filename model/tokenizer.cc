#include "model/tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "core/error.h"
#include "model/byte_alphabet.h"
#include "model/byte_pair_encoder.h"
#include "model/token_matcher.h"
#include "model/tokenizer_file.h"
#include "model/unicode_text.h"
#include "model/word_splitter.h"

namespace retrace::model {

namespace {

std::vector<AddedToken> select_added(const std::vector<AddedToken>& tokens, bool normalised) {
  std::vector<AddedToken> selected;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(selected),
               [&](const AddedToken& token) { return token.normalised == normalised; });
  return selected;
}

}  // namespace

struct Tokenizer::Impl {
  struct Token {
    std::string bytes;
    bool exists = false;
    bool special = false;
  };

  Impl(const TokenizerFile& contents, const std::string& file)
      : encoder(contents.vocab, contents.merges, file),
        splitter(contents.split_pattern, file),
        raw_matcher(select_added(contents.added_tokens, /*normalised=*/false)),
        normalised_matcher(select_added(contents.added_tokens, /*normalised=*/true)),
        normalises_nfc(contents.normalises_nfc) {
    for (const auto& [spelling, id] : contents.vocab) add(spelling, id, false, file);
    for (const AddedToken& token : contents.added_tokens) {
      add(token.content, token.id, token.special, file);
    }
  }

  void add(const std::string& spelling, int64_t id, bool special, const std::string& file) {
    if (static_cast<size_t>(id) >= tokens.size()) tokens.resize(static_cast<size_t>(id) + 1);
    Token& token = tokens[static_cast<size_t>(id)];
    const auto [it, is_new] = ids.emplace(spelling, id);
    if (it->second != id || (is_new && token.exists)) {
      core::throw_<core::CheckpointError>(
          "{}: token '{}' with id {}: expected one id a token and one token an id, found {}", file,
          spelling, id, it->second != id ? "another id for it" : "another token with this id");
    }
    // An entry that is not in the byte-level alphabet stands for its own UTF-8.
    token = {bytes_of_spelling(spelling).value_or(spelling), true, special};
  }

  void encode_plain(std::string_view text, std::vector<int64_t>& out) const {
    for (const std::string_view word : splitter.split(text)) encoder.encode(word, out);
  }

  void encode_raw(std::string_view text, std::vector<int64_t>& out) const {
    const std::string normalised = normalises_nfc ? normalise_nfc(text) : std::string(text);
    for (const TokenMatcher::Piece& piece : normalised_matcher.split(normalised)) {
      if (piece.id == TokenMatcher::kPlainText) {
        encode_plain(piece.text, out);
      } else {
        out.push_back(piece.id);
      }
    }
  }

  BytePairEncoder encoder;
  WordSplitter splitter;
  TokenMatcher raw_matcher, normalised_matcher;
  bool normalises_nfc;
  std::vector<Token> tokens;                     // by id
  std::unordered_map<std::string, int64_t> ids;  // by spelling
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::from_file(const std::filesystem::path& tokenizer_json) {
  const TokenizerFile contents = read_tokenizer_file(tokenizer_json);
  return Tokenizer(std::make_unique<Impl>(contents, tokenizer_json.string()));
}

std::vector<int64_t> Tokenizer::encode(std::string_view text) const {
  const std::string valid = repair_utf8(text);
  std::vector<int64_t> ids;
  for (const TokenMatcher::Piece& piece : impl_->raw_matcher.split(valid)) {
    if (piece.id == TokenMatcher::kPlainText) {
      impl_->encode_raw(piece.text, ids);
    } else {
      ids.push_back(piece.id);
    }
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const int64_t> ids, bool skip_special) const {
  std::string bytes;
  for (const int64_t id : ids) {
    if (id < 0 || id >= vocab_size()) continue;
    const Impl::Token& token = impl_->tokens[static_cast<size_t>(id)];
    if (!(token.special && skip_special)) bytes += token.bytes;
  }
  return repair_utf8(bytes);
}

std::optional<int64_t> Tokenizer::id_of(std::string_view token) const {
  const auto it = impl_->ids.find(std::string(token));
  if (it == impl_->ids.end()) return std::nullopt;
  return it->second;
}

int64_t Tokenizer::vocab_size() const {
  return static_cast<int64_t>(impl_->tokens.size());
}

}  // namespace retrace::model
