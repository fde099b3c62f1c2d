#include "model/tokenizer.h"

#include <unordered_map>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/byte_alphabet.h"
#include "model/byte_pair_encoder.h"
#include "model/normal_form.h"
#include "model/token_matcher.h"
#include "model/tokenizer_folder.h"
#include "model/tokenizer_json.h"
#include "model/unicode_text.h"
#include "model/word_splitter.h"

namespace retrace::model {

namespace {

// Those looked for before normalisation or after it; the latter in normalised form.
std::vector<AddedToken> select_added(const TokenizerContents& contents, bool normalised) {
  std::vector<AddedToken> selected;
  int64_t unused_steps = 0;
  for (AddedToken token : contents.added_tokens) {
    if (token.normalised != normalised) continue;
    if (normalised && contents.normalises_nfc) {
      token.content = normalise_nfc(repair_utf8(token.content), unused_steps);
    }
    selected.push_back(std::move(token));
  }
  return selected;
}

}  // namespace

struct Tokenizer::Impl {
  struct Token {
    std::string bytes;
    bool exists = false;
    bool special = false;
  };

  explicit Impl(const TokenizerContents& contents)
      : encoder(contents),
        splitter(contents.split_pattern, contents.file),
        raw_matcher(select_added(contents, /*normalised=*/false)),
        normalised_matcher(select_added(contents, /*normalised=*/true)),
        normalises_nfc(contents.normalises_nfc) {
    for (const auto& [spelling, id] : contents.vocab) add(spelling, id, false, contents.file);
    for (const AddedToken& token : contents.added_tokens) {
      add(token.content, token.id, token.special, contents.file);
    }
  }

  void add(const std::string& spelling, int64_t id, bool special, const std::string& file) {
    if (static_cast<size_t>(id) >= tokens.size()) tokens.resize(static_cast<size_t>(id) + 1);
    Token& token = tokens[static_cast<size_t>(id)];
    const auto [it, is_new] = ids.emplace(spelling, id);
    if (it->second != id || (is_new && token.exists)) {
      core::throw_<core::CheckpointError>(
          "{}: token '{}' with id {}: expected one id a token and one token an id, found {}", file,
          core::one_line(spelling), id,
          it->second != id ? "another id for it" : "another token with this id");
    }
    // An entry that is not in the byte-level alphabet stands for its own UTF-8.
    token = {bytes_of_spelling(spelling).value_or(spelling), true, special};
  }

  // The pieces of `text` that `matcher` finds: their ids, and `encode_rest` for what is between.
  template <class EncodeRest>
  static void encode_pieces(const TokenMatcher& matcher, std::string_view text,
                            std::vector<int64_t>& out, EncodeStats& stats, EncodeRest encode_rest) {
    for (const TokenMatcher::Piece& piece : matcher.split(text, stats.match_steps)) {
      if (piece.id == TokenMatcher::kPlainText) {
        encode_rest(piece.text);
      } else {
        out.push_back(piece.id);
      }
    }
  }

  void encode_normalised(std::string_view text, std::vector<int64_t>& out,
                         EncodeStats& stats) const {
    encode_pieces(normalised_matcher, text, out, stats, [&](std::string_view piece) {
      for (const std::string_view word : splitter.split(piece, stats.split_steps)) {
        encoder.encode(word, out, stats.merge_steps);
      }
    });
  }

  void encode_valid(std::string_view text, std::vector<int64_t>& out, EncodeStats& stats) const {
    encode_pieces(raw_matcher, text, out, stats, [&](std::string_view piece) {
      if (!normalises_nfc || is_inert_in_nfc(piece, stats.normalise_steps)) {
        encode_normalised(piece, out, stats);
      } else {
        encode_normalised(normalise_nfc(piece, stats.normalise_steps), out, stats);
      }
    });
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

Tokenizer Tokenizer::from_folder(const std::filesystem::path& folder) {
  return Tokenizer(std::make_unique<Impl>(read_tokenizer_folder(folder)));
}

Tokenizer Tokenizer::from_file(const std::filesystem::path& tokenizer_json) {
  return Tokenizer(std::make_unique<Impl>(read_tokenizer_json(tokenizer_json)));
}

std::vector<int64_t> Tokenizer::encode(std::string_view text, EncodeStats* stats) const {
  EncodeStats unused;
  EncodeStats& used = stats != nullptr ? *stats : unused;
  std::vector<int64_t> ids;
  if (is_valid_utf8(text)) {
    impl_->encode_valid(text, ids, used);
  } else {
    impl_->encode_valid(repair_utf8(text), ids, used);
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const int64_t> ids, bool skip_special) const {
  std::string bytes;
  for (const int64_t id : ids) bytes += bytes_of(id, skip_special);
  return repair_utf8(bytes);
}

std::string_view Tokenizer::bytes_of(int64_t id, bool skip_special) const {
  if (id < 0 || id >= vocab_size()) return {};
  const Impl::Token& token = impl_->tokens[static_cast<size_t>(id)];
  return token.special && skip_special ? std::string_view() : std::string_view(token.bytes);
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
