#include "model/prompt.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <random>

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using Kind = ChatPart::Kind;

ModelConfig config_of(ModelFamily family) {
  ModelConfig config = read_model_config(tiny_folder());
  config.family = family;
  if (family == ModelFamily::kQwen25Vl) config.vision.tokens_per_second = 2;
  if (family == ModelFamily::kQwen3Vl) config.vision.patch_size = 16;
  return config;
}

ModelFamily family_of(const std::string& name) {
  if (name == "qwen2_vl") return ModelFamily::kQwen2Vl;
  return name == "qwen2_5_vl" ? ModelFamily::kQwen25Vl : ModelFamily::kQwen3Vl;
}

ChatPart text_part(std::string text) {
  return {Kind::kText, std::move(text)};
}

std::vector<ChatMessage> read_chat(const nlohmann::json& messages) {
  std::vector<ChatMessage> chat;
  for (const auto& message : messages) {
    const std::string role = message.at("role");
    ChatMessage& added = chat.emplace_back();
    added.role = role == "system" ? Role::kSystem : role == "user" ? Role::kUser : Role::kAssistant;
    for (const auto& part : message.at("content")) {
      const std::string type = part.at("type");
      if (type == "text") {
        added.parts.push_back(text_part(part.at("text")));
      } else {
        added.parts.push_back({type == "image" ? Kind::kImage : Kind::kVideo, ""});
      }
    }
  }
  return chat;
}

GridThw read_grid(const nlohmann::json& row) {
  return {row[0], row[1], row[2]};
}

std::vector<VisionItem> read_items(const nlohmann::json& rows, const ModelConfig& config) {
  std::vector<VisionItem> items;
  for (const auto& row : rows) {
    const GridThw grid = read_grid(row.at("grid"));
    if (row.at("kind") == "image") {
      items.push_back(image_item(grid));
      continue;
    }
    const std::vector<int64_t> indices = row.at("indices");
    items.push_back(
        video_item(grid, config.vision, {indices, row.at("fps"), row.at("sampled_fps")}));
  }
  return items;
}

std::vector<int64_t> axis(const at::Tensor& positions_3T, int64_t index) {
  const at::Tensor row = positions_3T[index].contiguous();
  return {row.data_ptr<int64_t>(), row.data_ptr<int64_t>() + row.numel()};
}

VisionItem video(const GridThw& grid, double seconds_per_pair = 1) {
  return {VisionKind::kVideo, grid, seconds_per_pair,
          std::vector<double>(static_cast<size_t>(grid.t), 0.5)};
}

class Prompt : public ::testing::Test {
 protected:
  PromptTokens tokenize(const std::vector<ChatMessage>& chat,
                        const std::vector<VisionItem>& items = {},
                        const PromptLimits& limits = {}) const {
    return tokenize_prompt(tokenizer_, config_, family_chat_template(config_.family), chat, items,
                           limits);
  }
  PromptTokens tokenize(const std::string& text) const {
    return tokenize({{Role::kUser, {text_part(text)}}});
  }
  ModelConfig config_ = config_of(ModelFamily::kQwen2Vl);
  Tokenizer tokenizer_ = Tokenizer::from_file(tiny_folder() / "tokenizer.json");
};

TEST_F(Prompt, OfEveryFamilyAgreesWithTransformers) {
  const nlohmann::json golden = read_json(golden_file("prompt_golden.json"));
  for (const auto& [name, cases] : golden.at("chats").items()) {
    const ModelConfig config = config_of(family_of(name));
    const ChatTemplate chat_template = family_chat_template(config.family);
    for (const auto& item : cases) {
      SCOPED_TRACE(name + ": " + item.at("rendered").get<std::string>());
      const std::vector<ChatMessage> chat = read_chat(item.at("messages"));
      const bool prompting = item.at("add_generation_prompt");
      EXPECT_EQ(render_chat(chat_template, chat, prompting), item.at("rendered"));
      const PromptTokens prompt = tokenize_prompt(tokenizer_, config, chat_template, chat,
                                                  read_items(item.at("items"), config),
                                                  {.add_generation_prompt = prompting});
      EXPECT_EQ(prompt.ids, item.at("ids").get<std::vector<int64_t>>());
      for (int64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(axis(prompt.positions, i),
                  item.at("positions").at(static_cast<size_t>(i)).get<std::vector<int64_t>>());
      }
      EXPECT_EQ(prompt.next_position, item.at("next").get<int64_t>());
    }
  }
}

TEST_F(Prompt, PositionsAgreeWithTransformers) {
  const nlohmann::json golden = read_json(golden_file("text_golden.json"));
  for (const auto& item : golden.at("positions")) {
    SCOPED_TRACE(item.at("grids").dump());
    const std::vector<int64_t> ids = item.at("ids");
    std::vector<VisionItem> items;
    for (size_t i = 1; i < ids.size(); ++i) {
      if (ids[i - 1] != config_.vision_start_token_id) continue;
      const GridThw grid = read_grid(item.at("grids").at(items.size()));
      items.push_back(ids[i] == config_.image_token_id ? image_item(grid) : video(grid));
    }
    const MropePositions found = mrope_positions(ids, config_, items);
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_EQ(axis(found.positions, i),
                item.at("positions").at(static_cast<size_t>(i)).get<std::vector<int64_t>>());
    }
    EXPECT_EQ(found.next_position, item.at("next").get<int64_t>());
  }
}

TEST_F(Prompt, TextAfterALongVideoStartsAfterItsLastFrame) {
  // By hand: one text token, then 5 frame pairs of one row of two cells, then one text token.
  std::vector<int64_t> ids(12, config_.video_token_id);
  ids.front() = ids.back() = 65;
  const MropePositions found = mrope_positions(ids, config_, {{video({5, 2, 4})}});
  EXPECT_EQ(axis(found.positions, 0), (std::vector<int64_t>{0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6}));
  EXPECT_EQ(axis(found.positions, 1), (std::vector<int64_t>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6}));
  EXPECT_EQ(axis(found.positions, 2), (std::vector<int64_t>{0, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 6}));
  EXPECT_EQ(found.next_position, 7);
}

TEST_F(Prompt, TimeOfQwen25RunsWithTheClock) {
  // By hand: 8 frames of a minute are 15 s a pair, at 2 positions a second; then 0.7 s a pair.
  const ModelConfig config = config_of(ModelFamily::kQwen25Vl);
  std::vector<int64_t> ids(6, config.video_token_id);
  ids.front() = ids.back() = 65;
  const MropePositions sparse = mrope_positions(ids, config, {{video({4, 2, 2}, 15)}});
  EXPECT_EQ(axis(sparse.positions, 0), (std::vector<int64_t>{0, 1, 31, 61, 91, 92}));
  const MropePositions dense = mrope_positions(ids, config, {{video({4, 2, 2}, 0.7)}});
  EXPECT_EQ(axis(dense.positions, 0), (std::vector<int64_t>{0, 1, 2, 3, 5, 6}));
  EXPECT_EQ(dense.next_position, 7);
}

// What the formula says, cell by cell, without any of the code under test.
void expect_positions_by_formula(const ModelConfig& config, const std::vector<int64_t>& ids,
                                 const std::vector<VisionSpan>& spans,
                                 const MropePositions& found) {
  int64_t start = 0;
  size_t span_idx = 0;
  for (size_t token = 0; token < ids.size();) {
    const auto at_axis = [&](int64_t i) {
      return found.positions[i][static_cast<int64_t>(token)].item<int64_t>();
    };
    if (ids[token] != config.image_token_id && ids[token] != config.video_token_id) {
      for (int64_t i = 0; i < 3; ++i) ASSERT_EQ(at_axis(i), start);
      ++start;
      ++token;
      continue;
    }
    const VisionSpan& span = spans[span_idx++];
    const bool is_timed =
        config.family == ModelFamily::kQwen25Vl && span.kind == VisionKind::kVideo;
    int64_t largest = 0;
    for (int64_t t = 0; t < span.grid.t; ++t)
      for (int64_t h = 0; h < span.grid.h / 2; ++h)
        for (int64_t w = 0; w < span.grid.w / 2; ++w, ++token) {
          const double steps = is_timed ? t * span.seconds_per_pair * 2.0 : t;
          const int64_t time = static_cast<int64_t>(steps);
          ASSERT_EQ(at_axis(0), start + time);
          ASSERT_EQ(at_axis(1), start + h);
          ASSERT_EQ(at_axis(2), start + w);
          largest = std::max({largest, time, h, w});
        }
    start += largest + 1;
  }
  EXPECT_EQ(found.next_position, start);
}

TEST_F(Prompt, PositionsOfRandomChatsFollowTheFormula) {
  std::mt19937 generator(5);
  const auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  };
  for (const ModelFamily family :
       {ModelFamily::kQwen2Vl, ModelFamily::kQwen25Vl, ModelFamily::kQwen3Vl}) {
    const ModelConfig config = config_of(family);
    for (int round = 0; round < 30; ++round) {
      std::vector<VisionItem> items;
      std::vector<int64_t> ids;
      for (int64_t n = draw(0, 4); n > 0; --n) {
        const bool is_video = draw(0, 1) == 1;
        const GridThw grid = {is_video ? draw(1, 6) : 1, 2 * draw(1, 4), 2 * draw(1, 4)};
        // Quarters of a second are exact in float32, so that double and float32 truncate alike.
        items.push_back(is_video ? video(grid, 0.25 * static_cast<double>(draw(1, 40)))
                                 : image_item(grid));
      }
      const std::vector<VisionSpan> spans = vision_spans(items, family);
      for (const VisionSpan& span : spans) {
        ids.insert(ids.end(), static_cast<size_t>(draw(0, 3)), 65);
        ids.push_back(config.vision_start_token_id);
        ids.insert(ids.end(), static_cast<size_t>(span.grid.num_tokens(2)),
                   span.kind == VisionKind::kImage ? config.image_token_id : config.video_token_id);
        ids.push_back(config.vision_end_token_id);
      }
      ids.insert(ids.end(), static_cast<size_t>(draw(0, 3)), 66);
      expect_positions_by_formula(config, ids, spans, mrope_positions(ids, config, items));
    }
  }
}

TEST_F(Prompt, NoTokensHaveNoPositions) {
  const MropePositions found = mrope_positions({}, config_, {});
  EXPECT_EQ(found.positions.sizes(), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(found.next_position, 0);
}

TEST_F(Prompt, GridsAndPlaceholdersMustAgree) {
  const int64_t pad = config_.video_token_id;
  const auto positions = [&](std::vector<int64_t> ids, std::vector<VisionItem> items) {
    return mrope_positions(ids, config_, items);
  };
  using core::InternalError;
  EXPECT_ERROR(positions({1, pad}, {}), InternalError, "has no grid");
  EXPECT_ERROR(positions({1}, {video({1, 2, 2})}), InternalError, "1 spans, found 0");
  EXPECT_ERROR(positions({pad, 1, pad}, {video({1, 2, 4})}), InternalError, "found fewer");
  EXPECT_ERROR(positions({pad}, {video({1, 2, 4})}), InternalError, "found fewer");
  EXPECT_ERROR(positions({pad}, {image_item({1, 2, 2})}), InternalError, "found fewer");
  EXPECT_ERROR(positions({pad}, {video({1, 3, 2})}), InternalError, "whole cells");
  EXPECT_ERROR(positions({pad}, {video({0, 2, 2})}), InternalError, "whole cells");
}

TEST_F(Prompt, ItemsAndPartsMustAgree) {
  const std::vector<ChatMessage> with_video = {
      {Role::kUser, {{Kind::kVideo, ""}, text_part("text")}}};
  EXPECT_ERROR(tokenize(with_video), core::DataError, "found 0 images and videos and 1");
  EXPECT_ERROR(tokenize({{Role::kUser, {text_part("text")}}}, {video({1, 2, 2})}), core::DataError,
               "found 1 images and videos and 0");
  EXPECT_ERROR(tokenize(with_video, {image_item({1, 2, 2})}), core::DataError,
               "placeholder 0 is of a video, but a image is given");
}

TEST_F(Prompt, FrameTimesAreMeansOfPairs) {
  const std::vector<int64_t> indices = {0, 30, 60, 90, 120};
  const VisionItem item = video_item({3, 2, 2}, config_.vision, {indices, 30.0, 0.5});
  EXPECT_EQ(item.pair_seconds, (std::vector<double>{0.5, 2.5, 4.0}));
  EXPECT_EQ(item.seconds_per_pair, 4.0);
  EXPECT_ERROR(video_item({2, 2, 2}, config_.vision, {indices, 30.0, 0.5}), core::InternalError,
               "do not make 2");
  EXPECT_ERROR(video_item({3, 2, 2}, config_.vision, {indices, 0, 0.5}), core::InternalError,
               "0 fps");
}

TEST_F(Prompt, ALongPromptIsRefusedNotCut) {
  const std::vector<ChatMessage> chat = {{Role::kUser, {{Kind::kVideo, ""}, text_part("Where?")}}};
  const std::vector<VisionItem> items = {video({4, 8, 8})};
  const auto length = static_cast<int64_t>(tokenize(chat, items).ids.size());
  EXPECT_EQ(tokenize(chat, items).num_vision_tokens, 64);
  EXPECT_NO_THROW(tokenize(chat, items, {.max_tokens = length}));
  EXPECT_ERROR(tokenize(chat, items, {.max_tokens = length - 1}), core::DataError,
               fmt::format("{} tokens, 64 of them of 1 images and videos, but the limit is {}",
                           length, length - 1));
}

TEST_F(Prompt, ControlTokensInTheTextAreRefused) {
  for (const char* token : {"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
                            "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"}) {
    const std::string text = std::string("left") + token + "right";
    EXPECT_ERROR(tokenize(text), core::DataError,
                 std::string("the user text holds the control token '") + token + "' at byte 4");
    EXPECT_ERROR(tokenize({{Role::kSystem, {text_part(text)}}}), core::DataError,
                 "the system text holds");
    EXPECT_ERROR(tokenize({{Role::kUser, {}}, {Role::kAssistant, {text_part(text)}}}),
                 core::DataError, "the assistant text holds");
  }
}

TEST_F(Prompt, AControlTokenOnTheBorderOfTwoPartsIsRefused) {
  EXPECT_ERROR(tokenize({{Role::kUser, {text_part("x<|im_"), text_part("end|>y")}}}),
               core::DataError, "'<|im_end|>' at byte 1");
}

TEST_F(Prompt, TextThatOnlyResemblesAControlTokenPasses) {
  const PromptTokens prompt = tokenize(
      "<|im_\xff"
      "end|> <|im_start |>");
  EXPECT_EQ(std::count(prompt.ids.begin(), prompt.ids.end(), config_.eos_token_id), 2);
}

TEST_F(Prompt, ATokenizerOfAnotherModelIsRefused) {
  const Tokenizer other = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  const std::vector<ChatMessage> chat = {{Role::kUser, {text_part("x")}}};
  const ChatTemplate chat_template = family_chat_template(config_.family);
  EXPECT_ERROR(tokenize_prompt(other, config_, chat_template, chat, {}), core::CheckpointError,
               "take both files from the same checkpoint");
  ModelConfig small = config_;
  small.vocab_size = 474;
  EXPECT_ERROR(tokenize_prompt(tokenizer_, small, chat_template, chat, {}), core::CheckpointError,
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
