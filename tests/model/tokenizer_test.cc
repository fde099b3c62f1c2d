#include "model/tokenizer.h"

#include <functional>
#include <thread>

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using nlohmann::json;

Tokenizer golden_tokenizer() {
  return Tokenizer::from_file(golden_file("text_tokenizer.json"));
}

Tokenizer read_edited(const std::function<void(json&)>& edit) {
  const TemporaryFolder folder;
  json contents = read_json(golden_file("text_tokenizer.json"));
  edit(contents);
  write_text(folder / "tokenizer.json", contents.dump());
  return Tokenizer::from_file(folder / "tokenizer.json");
}

TEST(Tokenizer, EncodesAndDecodesLikeTheReference) {
  const Tokenizer tokenizer = golden_tokenizer();
  const json golden = read_json(golden_file("text_golden.json"));
  ASSERT_GT(golden.at("tokenizer").size(), 290u);
  for (const json& item : golden.at("tokenizer")) {
    SCOPED_TRACE(item.at("text").dump(-1, ' ', true));
    const auto ids = item.at("ids").get<std::vector<int64_t>>();
    EXPECT_EQ(tokenizer.encode(item.at("text").get<std::string>()), ids);
    EXPECT_EQ(tokenizer.decode(ids, /*skip_special=*/false), item.at("decoded"));
    EXPECT_EQ(tokenizer.decode(ids),
              item.value("decoded_plain", item.at("decoded").get<std::string>()));
  }
}

TEST(Tokenizer, IdsThatJoinToInvalidUtf8DecodeLikeTheReference) {
  const Tokenizer tokenizer = golden_tokenizer();
  const json golden = read_json(golden_file("text_golden.json"));
  for (const json& item : golden.at("broken_decodes")) {
    EXPECT_EQ(tokenizer.decode(item.at("ids").get<std::vector<int64_t>>(), false),
              item.at("decoded"));
  }
}

TEST(Tokenizer, BothSpellingsOfMergesMeanTheSame) {
  const Tokenizer tokenizer = golden_tokenizer();
  const Tokenizer other = read_edited([](json& contents) {
    for (json& merge : contents["model"]["merges"]) {
      if (merge.is_array()) {
        merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
      } else {
        const std::string text = merge;
        merge = {text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)};
      }
    }
  });
  const std::string text = "the quick brown fox jumps over the lazy dog";
  EXPECT_EQ(tokenizer.encode(text), other.encode(text));
  EXPECT_LT(tokenizer.encode(text).size(), 20u);
}

TEST(Tokenizer, EveryWordOfTheRenderedWorldIsOneTokenOfTheTinyModel) {
  const Tokenizer tokenizer = Tokenizer::from_file(tiny_folder() / "tokenizer.json");
  for (const char* word : {"left",  "right",  "straight", "pillar",   "plant", "barrel", "lamp",
                           "crate", "banner", "statue",   "fountain", "north", "east",   "south",
                           "west",  "A",      "B",        "C",        "D",     "yes",    "no"}) {
    EXPECT_EQ(tokenizer.encode(word).size(), 1u) << word;
    EXPECT_EQ(tokenizer.encode(std::string(" ") + word).size(), 1u) << word;
  }
  EXPECT_EQ(tokenizer.encode("Which landmarks are passed on the way back to the start?").size(),
            12u);
  EXPECT_EQ(tokenizer.encode("<think></think> <answer>B</answer>").size(), 12u);
}

TEST(Tokenizer, InvalidUtf8BecomesTheReplacementCharacter) {
  const Tokenizer tokenizer = golden_tokenizer();
  const std::string replacement = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a\xff"
       "b",
       "a" + replacement + "b"},
      {"\xC3", replacement},
      {"\xE2\x82", replacement},  // truncated
      {"\xE2\x82z", replacement + "z"},
      {"\xC0\xAF", replacement + replacement},                    // overlong
      {"\xED\xA0\x80", replacement + replacement + replacement},  // surrogate
      {"\xF4\x90\x80\x80", replacement + replacement + replacement + replacement},
      {"\xF0\x9F\x98", replacement},
      {"\x80\x80", replacement + replacement}};
  for (const auto& [bytes, repaired] : cases) {
    EXPECT_EQ(tokenizer.encode(bytes), tokenizer.encode(repaired));
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(bytes)), repaired);
  }
}

TEST(Tokenizer, IdsWithoutATokenAreLeftOut) {
  const Tokenizer tokenizer = golden_tokenizer();
  const std::vector<int64_t> ids = {-1, *tokenizer.id_of("a"), tokenizer.vocab_size(), INT64_MAX};
  EXPECT_EQ(tokenizer.decode(ids), "a");
}

TEST(Tokenizer, TokensAreFoundByTheirSpelling) {
  const Tokenizer tokenizer = golden_tokenizer();
  EXPECT_EQ(tokenizer.vocab_size(), 610);
  EXPECT_EQ(tokenizer.id_of("<|endoftext|>"), 600);
  EXPECT_EQ(tokenizer.id_of("\xC4\xA0"), tokenizer.encode(" ").front());
  EXPECT_EQ(tokenizer.id_of("no such token"), std::nullopt);
}

TEST(Tokenizer, ManyThreadsEncodeTheSame) {
  const Tokenizer tokenizer = golden_tokenizer();
  const json cases = read_json(golden_file("text_golden.json")).at("tokenizer");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t worker = 0; worker < wrong.size(); ++worker) {
    threads.emplace_back([&, worker] {
      for (const json& item : cases) {
        const auto text = item.at("text").get<std::string>();
        wrong[worker] += tokenizer.encode(text) != item.at("ids").get<std::vector<int64_t>>();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Tokenizer, UnsupportedPiecesAreNamed) {
  const std::vector<std::tuple<std::string, json, std::string>> cases = {
      {"/model/type", "WordPiece", "key 'model.type': expected \"BPE\""},
      {"/model/dropout", 0.1, "key 'model.dropout'"},
      {"/model/byte_fallback", true, "key 'model.byte_fallback': expected false"},
      {"/model/ignore_merges", "yes", "key 'model.ignore_merges'"},
      {"/model/end_of_word_suffix", "</w>", "key 'model.end_of_word_suffix'"},
      {"/model/continuing_subword_prefix", "##", "key 'model.continuing_subword_prefix'"},
      {"/model/vocab", nullptr, "key 'model.vocab'"},
      {"/model/vocab/a", -1, "key 'model.vocab.a'"},
      {"/model/merges", 3, "key 'model.merges': expected an array"},
      {"/model/merges/0", "a", "key 'model.merges[0]': expected \"left right\""},
      {"/model/merges/0",
       {"a", "zzz"},
       "key 'model.merges': merge 0: 'a' + 'zzz' needs the token 'zzz'"},
      {"/model", nullptr, "key 'model'"},
      {"/normalizer", {{"type", "NFKC"}}, "key 'normalizer.type': expected \"NFC\""},
      {"/pre_tokenizer",
       {{"type", "Whitespace"}},
       "key 'pre_tokenizer.type': expected \"Sequence\""},
      {"/pre_tokenizer", nullptr, "key 'pre_tokenizer'"},
      {"/pre_tokenizer/pretokenizers", json::array(), "two steps"},
      {"/pre_tokenizer/pretokenizers/0/behavior", "Removed", "pretokenizers[0].behavior"},
      {"/pre_tokenizer/pretokenizers/0/invert", true, "pretokenizers[0].invert"},
      {"/pre_tokenizer/pretokenizers/0/pattern", {{"String", " "}}, "pattern.Regex"},
      {"/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a", "expected a regular expression"},
      {"/pre_tokenizer/pretokenizers/1/add_prefix_space", true,
       "pretokenizers[1].add_prefix_space"},
      {"/pre_tokenizer/pretokenizers/1/use_regex", true, "pretokenizers[1].use_regex"},
      {"/post_processor", {{"type", "TemplateProcessing"}}, "key 'post_processor.type'"},
      {"/decoder", {{"type", "WordPiece"}}, "key 'decoder.type': expected \"ByteLevel\""},
      {"/added_tokens/0/content", "", "key 'added_tokens[0].content'"},
      {"/added_tokens/0/lstrip", 1, "key 'added_tokens[0].lstrip': expected true or false"},
      {"/added_tokens/0/id", 5, "one id a token and one token an id"},
      {"/added_tokens/0/id", 1 << 30, "key 'added_tokens[0].id'"},
      {"/added_tokens/0/content", "a", "one id a token and one token an id"},
      {"/added_tokens", 3, "key 'added_tokens': expected an array"},
  };
  for (const auto& [pointer, value, message] : cases) {
    SCOPED_TRACE(pointer + " = " + value.dump());
    EXPECT_ERROR(read_edited([&](json& c) { c[json::json_pointer(pointer)] = value; }),
                 CheckpointError, message);
  }
}

TEST(Tokenizer, AVocabularyWithoutEveryByteIsRefused) {
  EXPECT_ERROR(read_edited([](json& c) { c["model"]["vocab"].erase("!"); }), CheckpointError,
               "found none for byte 0x21");
}

TEST(Tokenizer, AMissingOrBrokenFileIsNamed) {
  EXPECT_ERROR(Tokenizer::from_file("/nonexistent/tokenizer.json"), CheckpointError,
               "/nonexistent/tokenizer.json");
  const TemporaryFolder folder;
  write_text(folder / "tokenizer.json", "{\"model\": ");
  EXPECT_ERROR(Tokenizer::from_file(folder / "tokenizer.json"), CheckpointError, "not valid JSON");
}

TEST(Tokenizer, APatternThatTakesForeverOnATextIsAnErrorAndNotAHang) {
  const Tokenizer tokenizer = read_edited([](json& c) {
    c["/pre_tokenizer/pretokenizers/0/pattern/Regex"_json_pointer] = "(?:a+)+[bc]";
  });
  EXPECT_ERROR(tokenizer.encode(std::string(400, 'a')), core::DataError, "cannot be tokenized");
}

TEST(Tokenizer, APatternWithLineEndsIsShownOnOneLine) {
  const auto read = [] {
    return read_edited([](json& c) {
      c["/pre_tokenizer/pretokenizers/0/pattern/Regex"_json_pointer] = "a{2,1}\nb";
    });
  };
  EXPECT_ERROR(read(), CheckpointError, "\\nb'");
}

TEST(Tokenizer, APatternThatMatchesNothingOrEmptyStillKeepsTheText) {
  for (const char* pattern : {"x*", "z", "$"}) {
    const Tokenizer tokenizer = read_edited(
        [&](json& c) { c["/pre_tokenizer/pretokenizers/0/pattern/Regex"_json_pointer] = pattern; });
    EXPECT_EQ(tokenizer.decode(tokenizer.encode("left \xC3\xBC"
                                                "ber xx right")),
              "left \xC3\xBC"
              "ber xx right");
  }
}

}  // namespace
}  // namespace retrace::model
