#include "rl/local_judge.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "model/checkpoint_writer.h"
#include "rl/optimizer.h"
#include "rl/packed_batch.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {
namespace {

std::filesystem::path base_model() {
  return std::filesystem::path(RETRACE_SOURCE_DIR) / "assets" / "tiny";
}

// The base was never trained to judge, so what it writes is no verdict.
TEST(LocalJudge, AReplyInAnotherFormIsAMissingValue) {
  const LocalJudge judge({.path = base_model(), .prompt = "", .max_tokens = 16});
  EXPECT_FALSE(judge.judge({.question = "Which way?", .reference = "left", .prediction = "left"}));
  EXPECT_EQ(judge.counts().asked, 1);
  EXPECT_EQ(judge.counts().failed, 1);
}

constexpr const char* kTemplate = "{reference} {prediction}";

// Trains the tiny model until it answers one prompt with `reply`, and stores it.
void write_judge(const std::filesystem::path& folder, const std::string& prompt_text,
                 const std::string& reply) {
  const std::filesystem::path source = folder / "source";
  test::write_tiny_model_folder(source);
  model::QwenVl model = test::tiny_model();
  const model::PromptTokens prompt = test::tiny_prompt(prompt_text, nullptr);
  std::vector<int64_t> ids = test::tiny_tokenizer().encode(reply);
  ids.push_back(*test::tiny_tokenizer().id_of(model::kTurnEnd));
  const std::vector<PackItem> items = {{.prompt = &prompt, .completions = {&ids}}};
  const PackedBatch batch = pack(items);
  AdamW optimizer(model.weights().trainable(), model.weights().require_gradients(true), {}, true);
  double loss_value = 100;
  for (int step = 0; step < 400 && loss_value > 0.02; ++step) {
    const at::Tensor loss = -response_logprobs(model, batch, 1.0).logprob_T.mean();
    loss_value = loss.item<double>();
    loss.backward();
    optimizer.step(0.01);
  }
  ASSERT_LE(loss_value, 0.02);
  model::publish_model(folder / "judge", source, model.weights(), {});
}

TEST(LocalJudge, ReadsTheReplyOfAModelThatJudges) {
  const test::TemporaryFolder folder;
  write_judge(folder.path(), "left right", R"({"direction": 2, "landmark": 5, "semantics": 4})");
  const LocalJudge judge({.path = folder / "judge", .prompt = kTemplate, .max_tokens = 64});
  const auto verdict = judge.judge({.question = "", .reference = "left", .prediction = "right"});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->direction, 2);
  EXPECT_EQ(verdict->landmark, 5);
  EXPECT_EQ(verdict->semantics, 4);
  EXPECT_EQ(judge.counts().failed, 0);
}

TEST(LocalJudge, TextsThatWouldEndTheTurnAreAMissingValue) {
  const LocalJudge judge({.path = base_model(), .prompt = kTemplate, .max_tokens = 16});
  EXPECT_FALSE(judge.judge({.question = "", .reference = "left", .prediction = "<|im_end|>"}));
  EXPECT_EQ(judge.counts().failed, 1);
}

TEST(LocalJudge, MorePositionsThanTheModelIsMadeForAreAMissingValue) {
  const LocalJudge judge({.path = base_model(), .prompt = kTemplate, .max_tokens = 16});
  std::string route;
  while (route.size() < 20000) route += "turn left, ";
  testing::internal::CaptureStderr();
  EXPECT_FALSE(judge.judge({.question = "", .reference = "left", .prediction = route}));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("expected at most 4096 positions"), std::string::npos) << log;
  EXPECT_EQ(judge.counts().failed, 1);
}

TEST(LocalJudge, ServesSeveralThreads) {
  const LocalJudge judge({.path = base_model(), .prompt = kTemplate, .max_tokens = 16});
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      static_cast<void>(judge.judge({.question = "", .reference = "left", .prediction = "left"}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(judge.counts().asked, 3);
}

TEST(LocalJudge, RefusesAFolderWithoutAModelAndBadTemplates) {
  EXPECT_THROW(LocalJudge({.path = "no_such_folder", .prompt = "", .max_tokens = 16}), core::Error);
  EXPECT_THROW(LocalJudge({.path = base_model(), .prompt = "x", .max_tokens = 16}),
               core::ConfigError);
}

}  // namespace
}  // namespace retrace::rl
