#include "tools/egoworld/clip_questions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/benchmark_files.h"
#include "tools/egoworld/records.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

using data::Task;
using data::TravelDirection;
using nlohmann::json;

WorldOptions full_world(ThemeChoice theme = ThemeChoice::kMixed) {
  WorldOptions world;
  world.seed = 19;
  world.theme = theme;
  world.tasks = parse_tasks("direction,landmark,action,route", "--tasks");
  return world;
}

TEST(Tasks, AreParsedInAnyOrder) {
  EXPECT_EQ(parse_tasks("route,direction", "--tasks"),
            (std::vector{Task::kDirection, Task::kRoute}));
  const auto refused = [](const char* text, const char* part) {
    expect_error<core::ConfigError>([&] { parse_tasks(text, "--tasks"); }, part);
  };
  refused("", "unknown task ''");
  refused("direction,", "unknown task ''");
  refused("unknown",
          "--tasks: unknown task 'unknown'; there are: direction, landmark, action, route");
  refused("route,route", "'route' is given twice");
}

TEST(ClipQuestions, AreForwardAndReverseOfEachTask) {
  const WorldOptions world = full_world();
  const std::vector<Question> questions = make_clip_questions(world, 3);
  ASSERT_EQ(static_cast<int64_t>(questions.size()), questions_per_clip(world));
  for (size_t i = 0; i < questions.size(); ++i) {
    EXPECT_EQ(questions[i].task, world.tasks[i / 2]);
    EXPECT_EQ(questions[i].direction,
              i % 2 == 0 ? TravelDirection::kForward : TravelDirection::kReverse);
    EXPECT_EQ(questions[i].opposite, questions[i ^ 1].truth);
  }
}

TEST(ClipQuestions, MoreTasksLeaveTheFirstOnesAsTheyWere) {
  WorldOptions few = full_world(), many = full_world();
  few.tasks = WorldOptions().tasks;
  for (int64_t clip = 0; clip < 20; ++clip) {
    const auto first = make_clip_questions(few, clip);
    const auto all = make_clip_questions(many, clip);
    for (size_t i = 0; i < first.size(); ++i)
      EXPECT_EQ(problem_text(first[i]), problem_text(all[i]));
  }
}

TEST(ClipQuestions, ActionsAreThoseOfTheVideo) {
  const WorldOptions world = full_world();
  for (int64_t index = 0; index < 30; ++index) {
    const Clip clip = make_clip(world, index);
    const std::vector<Question> questions = make_clip_questions(world, index);
    const std::vector<Action> actions = actions_of(clip.actions);
    EXPECT_EQ(questions[4].truth, words(actions));
    EXPECT_EQ(questions[5].truth, words(reversed_actions(actions)));
    for (const Question& question : {questions[4], questions[5]}) {
      EXPECT_EQ(question.options.at(question.answer), question.truth);
      EXPECT_EQ(std::set(question.options.begin(), question.options.end()).size(), 4U);
    }
    EXPECT_EQ(std::multiset(questions[4].options.begin(), questions[4].options.end()),
              std::multiset(questions[5].options.begin(), questions[5].options.end()));
    const json truth = json::parse(ground_truth_line(world, clip, {}));
    EXPECT_EQ(truth["actions"]["forward"].get<WordSequence>(), questions[4].truth);
    EXPECT_EQ(truth["actions"]["frames"].size(), 3U);
  }
}

TEST(ClipQuestions, CloseOptionsHaveTheSameWords) {
  WorldOptions world = full_world(ThemeChoice::kOutdoor);
  world.difficulty = Difficulty::kHard;
  world.num_junctions = 4;
  for (int64_t clip = 0; clip < 20; ++clip) {
    const auto questions = make_clip_questions(world, clip);
    for (const WordSequence& option : questions[2].options) {
      EXPECT_EQ(std::multiset(option.begin(), option.end()),
                std::multiset(questions[2].truth.begin(), questions[2].truth.end()));
    }
  }
}

TEST(Thought, OfAnOpenQuestionHasNoOptionsToCheck) {
  const Question question = make_route_questions(draw_route(1, 0, 2), 1, 0)[0];
  EXPECT_EQ(thought_text(question, ThoughtStyle::kPairCheck),
            thought_text(question, ThoughtStyle::kDerive));
  EXPECT_TRUE(thought_text(question, ThoughtStyle::kRecall).starts_with("On the way back: "));
}

TEST(BenchmarkFiles, HoldEveryQuestionOnceInItsPart) {
  const WorldOptions world = full_world();
  constexpr int64_t kClips = 10;
  std::map<std::string, json> files;
  for (const BenchmarkFile& file : benchmark_files(world, kClips))
    files[file.name] = json::parse(file.content);
  EXPECT_EQ(files.size(), 32U);
  const std::map<Task, std::string> kinds = {{Task::kDirection, "mcq"},
                                             {Task::kLandmark, "mcq_landmark"},
                                             {Task::kAction, "mcq_action"},
                                             {Task::kRoute, "qa"}};
  size_t num_entries = 0;
  for (int64_t clip = 0; clip < kClips; ++clip) {
    const bool is_outdoor = make_clip(world, clip).theme == Theme::kOutdoor;
    for (const Question& question : make_clip_questions(world, clip)) {
      const std::string way(data::to_string(question.direction));
      const json& file = files.at(fmt::format("Part{}_{}_{}.json", (is_outdoor ? 1 : 3) + clip % 2,
                                              way, kinds.at(question.task)));
      const json& entry = file.at(std::to_string(clip));
      ++num_entries;
      EXPECT_EQ(entry["video"], video_name(clip));
      if (question.task == Task::kRoute) {
        EXPECT_EQ(entry["question"], stem(question.task, question.direction));
        EXPECT_EQ(entry[way + "_answer"], question.description);
        continue;
      }
      const json& mcq = entry.at(way + "_mcq");
      EXPECT_EQ(mcq["options"].size(), 4U);
      const char letter = option_letter(question.answer);
      EXPECT_EQ(mcq["answer"], std::string(1, letter));
      EXPECT_EQ(mcq["options"][question.answer],
                fmt::format("{}. {}", letter, joined(question.truth)));
    }
  }
  size_t num_written = 0;
  for (const auto& [name, file] : files) num_written += file.size();
  EXPECT_EQ(num_written, num_entries);
}

TEST(BenchmarkFiles, NamesAreThoseOfTheFiles) {
  for (const ThemeChoice theme :
       {ThemeChoice::kIndoor, ThemeChoice::kOutdoor, ThemeChoice::kMixed}) {
    for (const int64_t num_clips : {1, 3, 9}) {
      WorldOptions world = full_world(theme);
      world.tasks = {Task::kLandmark, Task::kRoute};
      std::vector<std::string> names;
      for (const BenchmarkFile& file : benchmark_files(world, num_clips))
        names.push_back(file.name);
      EXPECT_EQ(benchmark_file_names(world, num_clips), names);
      for (const std::string& name : names)
        EXPECT_EQ(std::ranges::count(all_benchmark_file_names(), name), 1);
    }
  }
}

}  // namespace
}  // namespace retrace::egoworld
