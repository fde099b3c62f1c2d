#include "tools/st_eval/answering.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/progress.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "model/prompt.h"
#include "rl/agreement.h"
#include "rl/judge_section.h"
#include "rl/media_options.h"
#include "rl/run_config.h"
#include "rl/vision_rows.h"

namespace retrace::st_eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kQuestionsAtOnce = 32;  // a rank; what an interruption loses at most

// The questions without an answer, by index; every rank learns them from rank 0.
std::vector<size_t> missing_questions(const std::vector<Question>& questions, View view,
                                      const AnswersFile* file,
                                      distributed::Communicator& communicator) {
  std::string open;
  if (file != nullptr) {
    for (size_t i = 0; i < questions.size(); ++i) {
      if (!file->answers(view).contains(questions[i].id)) open += std::to_string(i) + " ";
    }
  }
  std::istringstream of_root(communicator.all_gather(open, "questions to answer").at(0));
  std::vector<size_t> indices;
  for (size_t index = 0; of_root >> index;) indices.push_back(index);
  return indices;
}

std::string pack(const std::vector<Answer>& answers) {
  Json list = Json::array();
  for (const Answer& answer : answers)
    list.push_back({answer.text, answer.truncated, answer.error});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Answer> unpack(const std::string& text) {
  std::vector<Answer> answers;
  for (const Json& item : Json::parse(text)) answers.push_back({item[0], item[1], item[2]});
  return answers;
}

// Adapters are merged into their base: apart from it they would cost time in every step.
model::Weights read_weights(const ModelOptions& options, const model::ModelConfig& config) {
  const at::NoGradGuard no_grad;
  model::Weights weights(config);
  if (options.base.empty()) {
    model::load_weights(options.model, weights);
    return weights;
  }
  model::load_weights(options.base, weights);
  weights = weights.with_adapters(model::load_adapters(options.model, weights));
  for (const model::Adapters::Entry& entry : weights.adapters()->entries())
    weights.at(entry.weight).copy_(weights.merged(entry.weight));
  return weights.without_adapters();
}

using IdAnswers = std::vector<std::pair<std::string, Answer>>;

// The questions are dealt to the ranks by turns; every rank learns all answers, in their order.
IdAnswers ask(const AnsweringModel& model, const std::vector<Question>& questions,
              std::span<const size_t> asked, View view, distributed::Communicator& communicator) {
  const auto size = static_cast<size_t>(communicator.size());
  std::vector<const Question*> share;
  for (auto i = static_cast<size_t>(communicator.rank()); i < asked.size(); i += size)
    share.push_back(&questions[asked[i]]);
  std::string packed;
  rl::run_on_all_ranks(communicator, [&] { packed = pack(model.answer(share, view)); });
  const std::vector<std::string> by_rank = communicator.all_gather(packed, "answers");
  IdAnswers answers(asked.size());
  for (size_t rank = 0; rank < size; ++rank) {
    size_t place = rank;
    for (Answer& answer : unpack(by_rank[rank])) {
      answers[place] = {questions[asked[place]].id, std::move(answer)};
      place += size;
    }
  }
  return answers;
}

}  // namespace

ModelOptions read_model_options(const std::filesystem::path& recipe,
                                const std::vector<std::string>& overrides) {
  ModelOptions options;
  if (!recipe.empty()) {
    const rl::RunConfig config = rl::read_run_config(recipe, overrides);
    options.video = config.video;
    options.image = config.image;
    options.prompt = rl::prompt_options(config, config.eval.text_template);
    options.sampling = config.rollout.sampling;
    options.sampling.temperature = 0;
    options.max_new_tokens = config.rollout.max_new_tokens;
    options.tile_rows = config.rollout.tile_rows;
    return options;
  }
  core::ConfigNode root = core::ConfigNode::from_string("{}", "st_eval", overrides);
  rl::read_video(root, options.video);
  rl::read_image(root, options.image);
  rl::JudgeSection judge;  // tools/st_eval/judge_choice.h takes it from the same overrides
  rl::read_judge(root, judge);
  root.finish();
  return options;
}

AnsweringModel::AnsweringModel(const ModelOptions& options)
    : seed_(options.seed), max_new_tokens_(options.max_new_tokens) {
  const std::filesystem::path& folder = options.base.empty() ? options.model : options.base;
  const model::ModelConfig config = model::read_model_config(folder);
  tokenizer_ = std::make_unique<model::Tokenizer>(model::Tokenizer::from_folder(folder));
  model_ = std::make_unique<model::QwenVl>(config, read_weights(options, config));
  processor_ = model::read_processor(folder, model_->config());
  frames_ = std::make_unique<data::FrameCache>(
      rl::frame_options(options.video, model_->config(), processor_), options.video.cache_mb << 20);
  prompts_ = std::make_unique<rl::PromptBuilder>(
      rl::PromptSources{*tokenizer_, model_->config(), processor_, *frames_}, options.prompt,
      rl::image_options(options.image, model_->config(), processor_));
  rollout::RolloutOptions rollout;
  rollout.sampling = options.sampling;
  rollout.max_new_tokens = options.max_new_tokens;
  rollout.stop_ids = model::stop_ids(*tokenizer_, model_->config());
  rollout.banned_ids = model::unsampleable_ids(*tokenizer_, model_->config());
  rollout.tile_rows = options.tile_rows;
  engine_ = std::make_unique<rollout::RolloutEngine>(*model_, *tokenizer_, rollout);
}

std::vector<Answer> AnsweringModel::answer(const std::vector<const Question*>& questions,
                                           View view) const {
  const at::NoGradGuard no_grad;
  const bool blind = view == View::kBlind;
  const core::RandomStream stream(seed_, blind ? "st_eval blind" : "st_eval");
  std::vector<Answer> answers(questions.size());
  std::vector<rl::PreparedPrompt> prompts;
  std::vector<size_t> places;
  for (size_t i = 0; i < questions.size(); ++i) {
    try {
      rl::PreparedPrompt prompt = prompts_->build(questions[i]->sample, blind);
      prompts_->require_positions(questions[i]->sample, prompt, max_new_tokens_);
      prompts.push_back(std::move(prompt));
      places.push_back(i);
    } catch (const core::DataError& error) {
      answers[i].error = error.what();
    }
  }
  std::vector<rollout::RolloutRequest> requests;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const int64_t index = questions[places[i]]->sample.index;
    requests.push_back({&prompts[i].tokens, rl::VisionRows(*model_, prompts[i], false).detached(),
                        1, stream.substream(static_cast<uint64_t>(index))});
  }
  const std::vector<rollout::RolloutGroup> groups = engine_->generate(requests, 0);
  for (size_t i = 0; i < groups.size(); ++i) {
    const rollout::Completion& completion = groups[i].completions[0];
    answers[places[i]] = {completion.text, completion.finish == rollout::FinishReason::kLength, ""};
  }
  return answers;
}

int answer_missing(const AnsweringModel& model, const std::vector<Question>& questions, View view,
                   AnswersFile* file, distributed::Communicator& communicator) {
  const std::vector<size_t> open = missing_questions(questions, view, file, communicator);
  rl::run_on_all_ranks(communicator, [&] {
    if (open.size() == questions.size()) require_some_media(questions);
  });
  core::ProgressLine progress(view == View::kBlind ? "answering, blind" : "answering",
                              static_cast<int64_t>(open.size()), "questions",
                              communicator.rank() == 0);
  // Not written before one question could be asked: where none can, the settings are at fault.
  IdAnswers held;
  bool could_ask = open.size() < questions.size();
  const size_t at_once = kQuestionsAtOnce * static_cast<size_t>(communicator.size());
  for (size_t begin = 0; begin < open.size(); begin += at_once) {
    if (const int signal = rl::signal_on_any_rank(communicator); signal != 0) return signal;
    const std::span asked = std::span(open).subspan(begin, std::min(at_once, open.size() - begin));
    for (auto& [id, answer] : ask(model, questions, asked, view, communicator)) {
      could_ask = could_ask || answer.error.empty();
      held.emplace_back(id, std::move(answer));
    }
    rl::run_on_all_ranks(communicator, [&] {
      if (file != nullptr && could_ask) file->append(view, held);
    });
    if (could_ask) held.clear();
    progress.update(static_cast<int64_t>(begin + asked.size()));
  }
  progress.finish();
  if (held.empty()) return 0;
  core::throw_<core::DataError>("none of the {} questions could be asked; the first, {}: {}",
                                held.size(), held.front().first, held.front().second.error);
}

}  // namespace retrace::st_eval
