#include "model/byte_pair_encoder.h"

#include <map>
#include <random>

#include "model/normal_form.h"
#include "model/tokenizer_json.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

// One merge at a time, by the definition.
class BruteForce {
 public:
  explicit BruteForce(const TokenizerContents& contents) : merges_(contents.merges) {}

  std::vector<int64_t> merge(std::vector<int64_t> symbols) const {
    while (const MergeRule* best = best_merge(symbols)) {
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] != best->left_id || symbols[i + 1] != best->right_id) continue;
        symbols[i] = best->merged_id;
        symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(i) + 1);
        break;
      }
    }
    return symbols;
  }

 private:
  const MergeRule* best_merge(const std::vector<int64_t>& symbols) const {
    for (const MergeRule& merge : merges_) {  // by rank
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] == merge.left_id && symbols[i + 1] == merge.right_id) return &merge;
      }
    }
    return nullptr;
  }

  const std::vector<MergeRule>& merges_;
};

TEST(BytePairEncoder, ShortAndLongWordsAreMergedAsTheDefinitionSays) {
  const TokenizerContents contents = read_tokenizer_json(golden_file("text_tokenizer.json"));
  const BytePairEncoder encoder(contents);
  const BruteForce brute_force(contents);
  std::map<char, int64_t> id_of_letter;
  for (const auto& [spelling, id] : contents.vocab) {
    if (spelling.size() == 1) id_of_letter[spelling[0]] = id;
  }
  std::mt19937 random(1);
  for (const size_t length : {1, 2, 3, 5, 8, 20, 62, 63, 64, 65, 66, 67, 100, 150}) {
    for (int trial = 0; trial < 8; ++trial) {
      std::string word;
      std::vector<int64_t> symbols;
      while (word.size() < length) {
        word += "theandlofrigs"[random() % 13];
        symbols.push_back(id_of_letter.at(word.back()));
      }
      std::vector<int64_t> ids;
      int64_t steps = 0;
      encoder.encode(word, ids, steps);
      ASSERT_EQ(ids, brute_force.merge(symbols)) << word;
    }
  }
}

std::string nfc(std::string_view text) {
  int64_t steps = 0;
  return normalise_nfc(text, steps);
}

TEST(NormalForm, MarksAreOrderedAndJoined) {
  EXPECT_EQ(nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(nfc("xa\u0301\u0323y"), "x\u1EA1\u0301y");
  EXPECT_EQ(nfc("\u0301a"), "\u0301a");
  EXPECT_EQ(nfc("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(nfc("\uAC00\u11A8"), "\uAC01");
  EXPECT_EQ(nfc("\u212B \u2126"), "\u00C5 \u03A9");
  EXPECT_EQ(nfc("\u0958"), "\u0915\u093C");
  EXPECT_EQ(nfc("a\u0315\u0300\u05AE\u0300b"), "\u00E0\u05AE\u0300\u0315b");
}

TEST(NormalForm, MarksYoungerThanUnicode9StandWhereTheyAre) {
  // U+0898 has class 230 since Unicode 14; the reference library takes it for a starter.
  EXPECT_EQ(nfc("a\u0898\u0323\u0301"), "a\u0898\u0323\u0301");
  EXPECT_EQ(nfc("\U00011935\U00011930"), "\U00011935\U00011930");  // joins since Unicode 13
}

TEST(NormalForm, InertTextIsFoundOut) {
  int64_t steps = 0;
  for (const char* text : {"", "abc", "\u00E9\u4E2D\uAC00\U0001F600"}) {
    EXPECT_TRUE(is_inert_in_nfc(text, steps)) << text;
    EXPECT_EQ(nfc(text), text);
  }
  EXPECT_FALSE(is_inert_in_nfc("e\u0301", steps));
}

}  // namespace
}  // namespace retrace::model
