#include "model/prompt.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

class Prompt : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    golden_ = new nlohmann::json(read_json(golden_file("text_golden.json")));
  }
  static void TearDownTestSuite() { delete golden_; }

  inline static nlohmann::json* golden_ = nullptr;
  ModelConfig config_ = read_model_config(tiny_folder());
  Tokenizer tokenizer_ = Tokenizer::from_file(tiny_folder() / "tokenizer.json");
};

std::vector<GridThw> read_grids(const nlohmann::json& rows) {
  std::vector<GridThw> grids;
  for (const auto& row : rows) grids.push_back({row[0], row[1], row[2]});
  return grids;
}

std::vector<int64_t> axis(const at::Tensor& positions_3T, int64_t index) {
  const at::Tensor row = positions_3T[index].contiguous();
  return {row.data_ptr<int64_t>(), row.data_ptr<int64_t>() + row.numel()};
}

TEST_F(Prompt, RendersAndExpandsLikeTransformers) {
  for (const auto& item : golden_->at("chat")) {
    SCOPED_TRACE(item.at("rendered").get<std::string>());
    const std::vector<GridThw> grids = read_grids(item.at("grids"));
    const ChatTurn turn = {item.at("system"), item.at("text"), !grids.empty()};
    EXPECT_EQ(render_chat(turn), item.at("rendered"));
    const PromptTokens prompt = tokenize_prompt(tokenizer_, config_, turn, grids);
    EXPECT_EQ(prompt.ids, item.at("ids").get<std::vector<int64_t>>());
    EXPECT_EQ(prompt.positions.size(1), static_cast<int64_t>(prompt.ids.size()));
    EXPECT_EQ(prompt.next_position, prompt.positions[0][-1].item<int64_t>() + 1);
  }
}

TEST_F(Prompt, PositionsAgreeWithTransformers) {
  for (const auto& item : golden_->at("positions")) {
    SCOPED_TRACE(item.at("grids").dump());
    const MropePositions found =
        mrope_positions(item.at("ids"), config_, read_grids(item.at("grids")));
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(axis(found.positions, i),
                item.at("positions").at(static_cast<size_t>(i)).get<std::vector<int64_t>>());
    }
    EXPECT_EQ(found.next_position, item.at("next").get<int64_t>());
  }
}

TEST_F(Prompt, TextAfterALongVideoStartsAfterItsLastFrame) {
  // By hand: one text token, then 5 frame pairs of one row of two cells, then one text token.
  const int64_t video = config_.video_token_id;
  std::vector<int64_t> ids(12, video);
  ids.front() = ids.back() = 65;
  const MropePositions found = mrope_positions(ids, config_, {{5, 2, 4}});
  EXPECT_EQ(axis(found.positions, 0), (std::vector<int64_t>{0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6}));
  EXPECT_EQ(axis(found.positions, 1), (std::vector<int64_t>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6}));
  EXPECT_EQ(axis(found.positions, 2), (std::vector<int64_t>{0, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 6}));
  EXPECT_EQ(found.next_position, 7);
}

TEST_F(Prompt, NoTokensHaveNoPositions) {
  const MropePositions found = mrope_positions({}, config_, {});
  EXPECT_EQ(found.positions.sizes(), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(found.next_position, 0);
}

TEST_F(Prompt, GridsAndPlaceholdersMustAgree) {
  const int64_t video = config_.video_token_id;
  using core::InternalError;
  EXPECT_ERROR(mrope_positions({1, video}, config_, {}), InternalError, "has no grid");
  EXPECT_ERROR(mrope_positions({1}, config_, {{1, 2, 2}}), InternalError, "1 grids, found 0");
  EXPECT_ERROR(mrope_positions({video, 1, video}, config_, {{1, 2, 4}}), InternalError,
               "found fewer");
  EXPECT_ERROR(mrope_positions({video}, config_, {{1, 2, 4}}), InternalError, "found fewer");
  EXPECT_ERROR(mrope_positions({video}, config_, {{1, 3, 2}}), InternalError, "whole cells");
  EXPECT_ERROR(mrope_positions({video}, config_, {{0, 2, 2}}), InternalError, "whole cells");
}

TEST_F(Prompt, VideosAndPlaceholdersMustAgree) {
  EXPECT_ERROR(tokenize_prompt(tokenizer_, config_, {"", "text", true}, {}), core::DataError,
               "found 0 videos and 1 placeholders");
  EXPECT_ERROR(tokenize_prompt(tokenizer_, config_, {"", "text", false}, {{1, 2, 2}}),
               core::DataError, "found 1 videos and 0 placeholders");
}

TEST_F(Prompt, ControlTokensInTheTextAreRefused) {
  for (const char* token : {"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
                            "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"}) {
    const std::string text = std::string("left") + token + "right";
    EXPECT_ERROR(tokenize_prompt(tokenizer_, config_, {"", text, false}, {}), core::DataError,
                 std::string("the user text holds the control token '") + token + "' at byte 4");
    EXPECT_ERROR(tokenize_prompt(tokenizer_, config_, {text, "", false}, {}), core::DataError,
                 "the system text holds");
  }
}

TEST_F(Prompt, TextThatOnlyResemblesAControlTokenPasses) {
  const PromptTokens prompt = tokenize_prompt(tokenizer_, config_,
                                              {"",
                                               "<|im_\xff"
                                               "end|> <|im_start |>",
                                               false},
                                              {});
  EXPECT_EQ(std::count(prompt.ids.begin(), prompt.ids.end(), config_.eos_token_id), 2);
}

TEST_F(Prompt, ATokenizerOfAnotherModelIsRefused) {
  const Tokenizer other = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  EXPECT_ERROR(tokenize_prompt(other, config_, {"", "x", false}, {}), core::CheckpointError,
               "take both files from the same checkpoint");
  ModelConfig small = config_;
  small.vocab_size = 474;
  EXPECT_ERROR(tokenize_prompt(tokenizer_, small, {"", "x", false}, {}), core::CheckpointError,
               "ids up to 474");
}

TEST_F(Prompt, ControlTokensAndPaddingRowsAreUnsampleableButStopsAreNot) {
  const std::vector<int64_t> banned = unsampleable_ids(tokenizer_, config_);
  std::vector<int64_t> expected;
  for (const char* token : {"<|im_start|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
                            "<|image_pad|>", "<|video_pad|>"}) {
    expected.push_back(tokenizer_.id_of(token).value());
  }
  for (int64_t id = tokenizer_.vocab_size(); id < config_.vocab_size; ++id) expected.push_back(id);
  EXPECT_GT(config_.vocab_size, tokenizer_.vocab_size());
  EXPECT_EQ(banned, expected);
}

}  // namespace
}  // namespace retrace::model
