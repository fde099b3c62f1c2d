#include "model/tokenizer_json.h"

#include <fmt/format.h>

#include "core/error.h"
#include "model/added_token_reader.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

using nlohmann::json;

void require_type(const JsonObject& object, std::string_view expected) {
  if (object.string("type") != expected) {
    object.fail("type", fmt::format("\"{}\", the only one supported here", expected));
  }
}

void require_absent_or_empty(const JsonObject& object, std::string_view key) {
  if (!object.string_or(key, "").empty()) object.fail(key, "none: it is not supported");
}

void require_flag(const JsonObject& object, std::string_view key, bool expected, bool fallback) {
  if (object.boolean_or(key, fallback) != expected) {
    object.fail(key, fmt::format("{}, the only value supported", expected));
  }
}

bool read_normalizer(const JsonObject& root) {
  if (!root.has("normalizer")) return false;
  const JsonObject normalizer = root.object("normalizer");
  require_type(normalizer, "NFC");
  return true;
}

void check_byte_level_step(const JsonObject& step) {
  require_type(step, "ByteLevel");
  require_flag(step, "add_prefix_space", false, /*fallback=*/true);
  require_flag(step, "use_regex", false, /*fallback=*/true);
}

std::string read_split_step(const JsonObject& step) {
  require_type(step, "Split");
  if (step.string("behavior") != "Isolated") {
    step.fail("behavior", "\"Isolated\", the only one supported");
  }
  require_flag(step, "invert", false, /*fallback=*/false);
  return step.object("pattern").string("Regex");
}

std::string read_pre_tokenizer(const JsonObject& root) {
  const JsonObject pre_tokenizer = root.object("pre_tokenizer");
  require_type(pre_tokenizer, "Sequence");
  const json& steps = pre_tokenizer.at("pretokenizers");
  if (!steps.is_array() || steps.size() != 2) {
    pre_tokenizer.fail("pretokenizers", "two steps: Split, then ByteLevel");
  }
  check_byte_level_step(JsonObject(steps[1], root.file(), "pre_tokenizer.pretokenizers[1]."));
  return read_split_step(JsonObject(steps[0], root.file(), "pre_tokenizer.pretokenizers[0]."));
}

void check_post_processing(const JsonObject& root) {
  if (root.has("post_processor")) require_type(root.object("post_processor"), "ByteLevel");
  require_type(root.object("decoder"), "ByteLevel");
}

void check_model_options(const JsonObject& model) {
  if (model.string_or("type", "BPE") != "BPE") {
    model.fail("type", "\"BPE\", the only one supported");
  }
  require_absent_or_empty(model, "continuing_subword_prefix");
  require_absent_or_empty(model, "end_of_word_suffix");
  require_flag(model, "byte_fallback", false, /*fallback=*/false);
  if (model.number_or("dropout", 0, 0, 1) != 0) model.fail("dropout", "none: it is not supported");
}

std::vector<std::pair<std::string, int64_t>> read_vocab(const JsonObject& model) {
  const JsonObject vocab = model.object("vocab");
  std::vector<std::pair<std::string, int64_t>> entries;
  entries.reserve(model.at("vocab").size());
  for (const auto& [spelling, id] : model.at("vocab").items()) {
    entries.emplace_back(spelling, vocab.integer(spelling, 0, kMaxTokenId));
  }
  return entries;
}

// Both spellings of a merge are in use: "a b" and ["a", "b"].
std::pair<std::string, std::string> read_merge(const JsonObject& model, const json& merge,
                                               size_t rank) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  if (merge.is_string()) {
    const std::string& text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string::npos && space > 0 && space + 1 < text.size() &&
        text.find(' ', space + 1) == std::string::npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  }
  core::throw_<core::CheckpointError>(
      "{}: key 'model.merges[{}]': expected \"left right\" or [\"left\", \"right\"], found {}",
      model.file(), rank, describe_json(merge));
}

std::vector<std::pair<std::string, std::string>> read_merges(const JsonObject& model) {
  const json& merges = model.at("merges");
  if (!merges.is_array()) model.fail("merges", "an array");
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(merges.size());
  for (const json& merge : merges) pairs.push_back(read_merge(model, merge, pairs.size()));
  return pairs;
}

std::vector<AddedToken> read_added_tokens(const JsonObject& root) {
  std::vector<AddedToken> tokens;
  if (!root.has("added_tokens")) return tokens;
  const json& list = root.at("added_tokens");
  if (!list.is_array()) root.fail("added_tokens", "an array");
  for (const json& value : list) {
    const JsonObject entry(value, root.file(), fmt::format("added_tokens[{}].", tokens.size()));
    AddedToken token = read_added_token(entry);
    token.id = entry.integer("id", 0, kMaxTokenId);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace

TokenizerContents read_tokenizer_json(const std::filesystem::path& file) {
  const json parsed = parse_json(read_checkpoint_text(file), file.string());
  const JsonObject root(parsed, file.string());
  const JsonObject model = root.object("model");
  check_model_options(model);
  check_post_processing(root);
  TokenizerContents contents;
  contents.file = file.string();
  contents.normalises_nfc = read_normalizer(root);
  contents.ignores_merges = model.boolean_or("ignore_merges", false);
  contents.split_pattern = read_pre_tokenizer(root);
  contents.vocab = read_vocab(model);
  add_merges(read_merges(model), file.string() + ": key 'model.merges'", contents);
  contents.added_tokens = read_added_tokens(root);
  return contents;
}

}  // namespace retrace::model
