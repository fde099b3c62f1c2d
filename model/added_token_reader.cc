#include "model/added_token_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/files.h"
#include "model/tokenizer_contents.h"

namespace retrace::model {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Keys whose values name special tokens, in special_tokens_map.json and tokenizer_config.json.
constexpr const char* kNamedTokens[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                        "pad_token", "cls_token", "mask_token"};
constexpr const char* kTokenLists[] = {"additional_special_tokens", "extra_special_tokens"};

int64_t read_id(const JsonObject& decoder, const std::string& key) {
  int64_t id = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc() || end != key.data() + key.size() || id < 0 || id > kMaxTokenId) {
    decoder.fail(key, fmt::format("a key that is an id from 0 to {}", kMaxTokenId));
  }
  return id;
}

std::vector<AddedToken> read_decoder(const JsonObject& config) {
  const JsonObject decoder = config.object("added_tokens_decoder");
  std::vector<AddedToken> tokens;
  for (const auto& item : config.at("added_tokens_decoder").items()) {
    AddedToken token = read_added_token(decoder.object(item.key()));
    token.id = read_id(decoder, item.key());
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// A token is named by its text or by an object with its text in "content".
void add_name(const json& value, std::set<std::string>& names) {
  if (value.is_string()) {
    names.insert(value.get<std::string>());
  } else if (value.is_object() && value.contains("content") && value["content"].is_string()) {
    names.insert(value["content"].get<std::string>());
  }
}

void add_special_names(const JsonObject& object, std::set<std::string>& names) {
  for (const char* key : kNamedTokens) {
    if (object.has(key)) add_name(object.at(key), names);
  }
  for (const char* key : kTokenLists) {
    if (!object.has(key)) continue;
    for (const json& value : object.at(key)) add_name(value, names);
  }
}

// Calls `use` with the file's object if the file is there.
template <class Use>
void with_json_file(const fs::path& file, Use use) {
  if (!core::is_present(file)) return;
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  use(JsonObject(parsed, file.string()));
}

std::vector<AddedToken> read_id_map(const JsonObject& ids, const std::set<std::string>& special) {
  std::vector<AddedToken> tokens;
  for (const auto& item : ids.value().items()) {
    AddedToken token;
    token.content = item.key();
    if (token.content.empty()) ids.fail(item.key(), "a key of at least one character");
    token.id = ids.integer(item.key(), 0, kMaxTokenId);
    token.special = special.count(token.content) > 0;
    token.normalised = !token.special;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace

AddedToken read_added_token(const JsonObject& entry) {
  AddedToken token;
  token.content = entry.string("content");
  if (token.content.empty()) entry.fail("content", "at least one character");
  token.special = entry.boolean_or("special", false);
  token.normalised = entry.boolean_or("normalized", !token.special);
  token.single_word = entry.boolean_or("single_word", false);
  token.strips_left = entry.boolean_or("lstrip", false);
  token.strips_right = entry.boolean_or("rstrip", false);
  return token;
}

std::vector<AddedToken> read_added_tokens_of_folder(const fs::path& folder) {
  std::vector<AddedToken> tokens;
  std::set<std::string> special;
  bool has_decoder = false;
  with_json_file(folder / "tokenizer_config.json", [&](const JsonObject& config) {
    has_decoder = config.has("added_tokens_decoder");
    if (has_decoder) tokens = read_decoder(config);
    add_special_names(config, special);
  });
  if (!has_decoder) {
    with_json_file(folder / "special_tokens_map.json",
                   [&](const JsonObject& map) { add_special_names(map, special); });
    with_json_file(folder / "added_tokens.json",
                   [&](const JsonObject& ids) { tokens = read_id_map(ids, special); });
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return tokens;
}

}  // namespace retrace::model
