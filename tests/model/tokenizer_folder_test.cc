// The same tokenizer from each of the files a model folder may have.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "core/error.h"
#include "model/byte_alphabet.h"
#include "model/stream_decoder.h"
#include "model/tokenizer.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using nlohmann::json;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

// The golden tokenizer split into the files that came before tokenizer.json.
class TokenizerFolder : public ::testing::Test {
 protected:
  void write_vocab_and_merges() {
    write_text(folder_ / "vocab.json", golden_["model"]["vocab"].dump());
    std::string merges = "#version: 0.2\n";
    for (const json& merge : golden_["model"]["merges"]) {
      merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
    }
    write_text(folder_ / "merges.txt", merges);
  }

  // Ranks are ids: only a vocabulary in the order of its merges can be written so.
  void write_ranks(const std::string& name = "x.tiktoken") {
    std::vector<std::string> bytes(golden_["model"]["vocab"].size());
    for (const auto& item : golden_["model"]["vocab"].items()) {
      bytes.at(item.value().get<size_t>()) = bytes_of_spelling(item.key()).value();
    }
    std::string lines;
    for (size_t rank = 0; rank < bytes.size(); ++rank) {
      lines += fmt::format("{} {}\n", base64(bytes[rank]), rank);
    }
    write_text(folder_ / name, lines);
  }

  json added_tokens_decoder() {
    json decoder;
    for (json token : golden_["added_tokens"]) {
      const std::string id = std::to_string(token["id"].get<int>());
      token.erase("id");
      decoder[id] = token;
    }
    return decoder;
  }

  void write_config(const json& edits = json::object()) {
    json config = {{"added_tokens_decoder", added_tokens_decoder()},
                   {"tokenizer_class", "Qwen2Tokenizer"}};
    config.merge_patch(edits);
    write_text(folder_ / "tokenizer_config.json", config.dump());
  }

  void expect_golden_ids() {
    const Tokenizer tokenizer = Tokenizer::from_folder(folder_.path());
    const json golden = read_json(golden_file("text_golden.json"));
    for (const json& item : golden.at("tokenizer")) {
      const auto ids = item.at("ids").get<std::vector<int64_t>>();
      EXPECT_EQ(tokenizer.encode(item.at("text").get<std::string>()), ids);
      EXPECT_EQ(tokenizer.decode(ids, /*skip_special=*/false), item.at("decoded"));
    }
  }

  TemporaryFolder folder_;
  json golden_ = read_json(golden_file("text_tokenizer.json"));
};

TEST_F(TokenizerFolder, VocabJsonAndMergesTxtAreTheSameTokenizer) {
  write_vocab_and_merges();
  write_config();
  expect_golden_ids();
}

TEST_F(TokenizerFolder, ARankFileIsTheSameTokenizer) {
  write_ranks();
  write_config();
  expect_golden_ids();
}

TEST_F(TokenizerFolder, AddedTokensMayStandInTheirOlderFiles) {
  write_vocab_and_merges();
  json ids;
  for (const json& token : golden_["added_tokens"])
    ids[token["content"].get<std::string>()] = token["id"];
  write_text(folder_ / "added_tokens.json", ids.dump());
  write_text(folder_ / "special_tokens_map.json",
             R"({"eos_token": {"content": "<|im_end|>"}, "pad_token": "<|endoftext|>",
                 "additional_special_tokens": ["<|im_start|>"]})");
  const Tokenizer tokenizer = Tokenizer::from_folder(folder_.path());
  const std::string text = "<|im_start|>a<tool>b<|im_end|>";
  EXPECT_EQ(tokenizer.encode(text).size(), 5u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), "a<tool>b");
  EXPECT_EQ(tokenizer.id_of("<|im_end|>"), ids["<|im_end|>"].get<int64_t>());
}

TEST_F(TokenizerFolder, TokenizerJsonIsTakenFirstAndRanksLast) {
  write_ranks();
  write_config();
  write_text(folder_ / "vocab.json", "{");
  write_text(folder_ / "merges.txt", "");
  EXPECT_ERROR(Tokenizer::from_folder(folder_.path()), CheckpointError, "vocab.json: not valid");
  write_text(folder_ / "tokenizer.json", golden_.dump());
  expect_golden_ids();
}

TEST_F(TokenizerFolder, WhatIsMissingOrTooMuchIsNamed) {
  const auto read = [&] { return Tokenizer::from_folder(folder_.path()); };
  EXPECT_ERROR(Tokenizer::from_folder("/nonexistent"), CheckpointError, "found none of them");
  write_text(folder_ / "vocab.json", "{}");
  EXPECT_ERROR(read(), CheckpointError, "vocab.json without merges.txt");
  write_ranks("b.tiktoken");
  write_ranks("a.tiktoken");
  EXPECT_ERROR(read(), CheckpointError, "found 2, among them a.tiktoken and b.tiktoken");
}

TEST_F(TokenizerFolder, AFileBehindADanglingLinkIsNotLeftOut) {
  write_vocab_and_merges();
  write_config();
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    std::filesystem::remove(folder_ / name);
    std::filesystem::create_symlink("nowhere", folder_ / name);
    EXPECT_ERROR(Tokenizer::from_folder(folder_.path()), CheckpointError,
                 std::string(name) + ": cannot be read");
    std::filesystem::remove(folder_ / name);
  }
  std::filesystem::create_symlink("nowhere", folder_ / "added_tokens.json");
  EXPECT_ERROR(Tokenizer::from_folder(folder_.path()), CheckpointError,
               "added_tokens.json: cannot be read");
}

TEST_F(TokenizerFolder, OlderFilesThatAreWrongAreNamed) {
  const auto read = [&] { return Tokenizer::from_folder(folder_.path()); };
  write_vocab_and_merges();
  EXPECT_ERROR(read(), CheckpointError, "special tokens");
  write_config({{"tokenizer_class", "LlamaTokenizer"}});
  EXPECT_ERROR(read(), CheckpointError, "key 'tokenizer_class': expected QWenTokenizer");
  write_config({{"add_prefix_space", true}});
  EXPECT_ERROR(read(), CheckpointError, "key 'add_prefix_space'");
  write_config({{"added_tokens_decoder", {{"x", {{"content", "<x>"}}}}}});
  EXPECT_ERROR(read(), CheckpointError, "key 'added_tokens_decoder.x'");
  write_config();
  write_text(folder_ / "merges.txt", "#version\na b\nab\n");
  EXPECT_ERROR(read(), CheckpointError, "merges.txt:3: expected two tokens");
  write_text(folder_ / "merges.txt", "a zzz\n");
  EXPECT_ERROR(read(), CheckpointError, "merge 0: 'a' + 'zzz' needs the token 'zzz'");
}

TEST_F(TokenizerFolder, ARankFileThatIsWrongIsNamedWithItsLine) {
  const auto read = [&](std::string_view lines) {
    write_text(folder_ / "x.tiktoken", lines);
    return Tokenizer::from_folder(folder_.path());
  };
  write_config();
  EXPECT_ERROR(read(""), CheckpointError, "expected a token for every byte");
  EXPECT_ERROR(read("IQ== 0\n?? 1\n"), CheckpointError, "x.tiktoken:2: expected base64");
  EXPECT_ERROR(read("IQ== 0\nIg== 2\n"), CheckpointError, "x.tiktoken:2: expected rank 1");
  EXPECT_ERROR(read("IQ== 0\nIQ== 1\n"), CheckpointError, "x.tiktoken:2: expected a token that no");
  EXPECT_ERROR(read("IQ==\n"), CheckpointError, "x.tiktoken:1: expected rank 0");
  std::filesystem::remove(folder_ / "tokenizer_config.json");
  write_ranks();
  EXPECT_ERROR(Tokenizer::from_folder(folder_.path()), CheckpointError, "expected 151643 ranks");
}

TEST_F(TokenizerFolder, MergesAreIgnoredForWordsOfTheVocabularyOnRequest) {
  json& model = golden_["model"];
  model["vocab"]["qzq"] = 700;  // no merge makes it
  write_text(folder_ / "tokenizer.json", golden_.dump());
  EXPECT_EQ(Tokenizer::from_folder(folder_.path()).encode("qzq").size(), 3u);
  model["ignore_merges"] = true;
  write_text(folder_ / "tokenizer.json", golden_.dump());
  EXPECT_EQ(Tokenizer::from_folder(folder_.path()).encode("qzq"), std::vector<int64_t>{700});
}

// A character's bytes in tokens of their own, valid and not, in every mixture.
TEST(StreamDecoder, ItsPartsJoinToTheWholeAndHoldNoBrokenCharacter) {
  const Tokenizer tokenizer = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  const std::string_view bytes[] = {"a",    "\xC3", "\xA9", "\xE2", "\x82",
                                    "\xAC", "\xF0", "\x9F", "\x98", "\x80"};
  std::vector<int64_t> ids_of_bytes = {tokenizer.id_of("<|im_end|>").value()};
  for (const std::string_view byte : bytes) {
    const std::string spelling = spell_byte(static_cast<unsigned char>(byte[0]));
    ids_of_bytes.push_back(tokenizer.id_of(spelling).value());
  }
  std::mt19937 random(1);
  for (int trial = 0; trial < 5000; ++trial) {
    StreamDecoder decoder(tokenizer);
    std::vector<int64_t> ids;
    std::string text;
    for (int i = 0; i < 12; ++i) {
      ids.push_back(ids_of_bytes[random() % ids_of_bytes.size()]);
      text += decoder.push(ids.back());
      // What is out stays: it is the beginning of what the whole will be.
      ASSERT_TRUE(tokenizer.decode(ids).starts_with(text));
    }
    ASSERT_EQ(text + decoder.finish(), tokenizer.decode(ids));
  }
}

TEST(StreamDecoder, ACharacterComesOutWithItsLastByte) {
  const Tokenizer tokenizer = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  const auto id = [&](unsigned char byte) { return tokenizer.id_of(spell_byte(byte)).value(); };
  StreamDecoder decoder(tokenizer);
  EXPECT_EQ(decoder.push(id(0xE2)), "");
  EXPECT_EQ(decoder.push(id(0x82)), "");
  EXPECT_EQ(decoder.push(id(0xAC)), "\u20AC");
  EXPECT_EQ(decoder.push(id(0xE2)), "");
  EXPECT_EQ(decoder.push(id('x')), "\uFFFDx");
  EXPECT_EQ(decoder.push(id(0xF0)), "");
  EXPECT_EQ(decoder.finish(), "\uFFFD");
  EXPECT_EQ(decoder.finish(), "");
}

}  // namespace
}  // namespace retrace::model
