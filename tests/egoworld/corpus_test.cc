#include "tools/egoworld/corpus.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/records.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

CorpusOptions options_with(const std::string& counts, const std::string& checks = "plain") {
  CorpusOptions options;
  options.counts = parse_corpus_counts(counts, "--corpus");
  options.thought_weights = parse_thought_weights("recall:0.5,check:0.5", "--thoughts");
  options.check_weights = parse_check_weights(checks, "--checks");
  return options;
}

TEST(Corpus, HasTheCountsAskedForInMixedOrder) {
  const auto corpus =
      make_corpus({}, 50, options_with("headings:30,events:50,check:70,invert:60,question:120"));
  std::map<ExerciseKind, int> counts;
  for (const ExerciseRecord& record : corpus) ++counts[record.kind];
  EXPECT_EQ(counts[ExerciseKind::kHeadings], 30);
  EXPECT_EQ(counts[ExerciseKind::kEvents], 50);
  EXPECT_EQ(counts[ExerciseKind::kCheck], 70);
  EXPECT_EQ(counts[ExerciseKind::kInvert], 60);
  EXPECT_EQ(counts[ExerciseKind::kQuestion], 120);
  std::set<ExerciseKind> early;
  for (size_t i = 0; i < 40; ++i) early.insert(corpus[i].kind);
  EXPECT_EQ(early.size(), 5U);
}

TEST(Corpus, VideoRecordsAreDistinctAndTextRecordsHaveNoVideo) {
  const auto corpus =
      make_corpus({}, 20, options_with("headings:20,events:20,question:80,check:5,invert:5"));
  std::set<std::string> problems;
  for (const ExerciseRecord& record : corpus) {
    const bool text_only =
        record.kind == ExerciseKind::kCheck || record.kind == ExerciseKind::kInvert;
    EXPECT_EQ(record.video.empty(), text_only);
    EXPECT_TRUE(text_only || problems.insert(record.video + record.problem).second);
  }
}

TEST(Corpus, HeadingsAreThoseAtTheMiddleOfEachFramePair) {
  WorldOptions world;
  world.seed = 31;
  for (int64_t index = 0; index < 50; ++index) {
    const Clip clip = make_clip(world, index);
    std::istringstream text(headings_text(clip));
    std::vector<std::string> seen;
    for (std::string word; text >> word;) seen.push_back(word);
    ASSERT_EQ(seen.size(), 8U);
    EXPECT_EQ(seen.front(), to_string(clip.route.start_heading));
    Heading heading = clip.route.start_heading;
    std::vector<std::string> order = {std::string(to_string(heading))};
    for (const Turn turn : clip.route.turns) {
      heading = turned(heading, turn);
      if (turn != Turn::kStraight) order.emplace_back(to_string(heading));
    }
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    EXPECT_EQ(seen, order) << "clip " << index;
  }
}

TEST(Corpus, EventsPairLandmarksWithTurns) {
  Route route;
  route.turns = {Turn::kLeft, Turn::kStraight};
  route.landmarks = {Landmark::kLamp, Landmark::kCrate};
  EXPECT_EQ(events_text(route), "lamp left, crate straight.");
}

TEST(Corpus, CheckAnswersNameTheOptionThatSaysTheSame) {
  const auto corpus = make_corpus({}, 1, options_with("check:400", "none:1,plain:1,copy:1"));
  const std::regex stated("^The (turns|landmarks) are: ([a-z, ]+)\\.\nOptions:\n");
  std::map<std::string, int> styles;
  for (const ExerciseRecord& record : corpus) {
    std::smatch match;
    ASSERT_TRUE(std::regex_search(record.problem, match, stated)) << record.problem;
    EXPECT_NE(record.problem.find("\n" + record.answer + ". " + match[2].str() + "\n"),
              std::string::npos);
    EXPECT_TRUE(record.problem.ends_with("\nWhich option says the same?"));
    EXPECT_TRUE(record.solution.ends_with("</think> <answer>" + record.answer + "</answer>"));
    const bool is_copy = record.solution.find(match[2].str()) != std::string::npos;
    ++styles[record.solution.starts_with("<think></think>") ? "none" : is_copy ? "copy" : "plain"];
  }
  for (const char* style : {"none", "plain", "copy"}) EXPECT_GT(styles[style], 90) << style;
}

TEST(Corpus, InvertAsksForTheOtherWay) {
  const std::map<std::string, std::string> swap = {{"left", "right"}, {"right", "left"}};
  const std::regex shape(
      "^On the way (there|back): ([a-z, ]+)\\.\nWhat is the way (there|back)\\?$");
  std::set<std::string> directions;
  for (const ExerciseRecord& record : make_corpus({}, 1, options_with("invert:300"))) {
    std::smatch match;
    ASSERT_TRUE(std::regex_search(record.problem, match, shape)) << record.problem;
    EXPECT_NE(match[1].str(), match[3].str());
    directions.insert(match[1].str());
    std::vector<std::string> given;
    std::string list = match[2].str();
    for (std::smatch word; std::regex_search(list, word, std::regex("[a-z]+"));
         list = word.suffix()) {
      given.push_back(swap.contains(word.str()) ? swap.at(word.str()) : word.str());
    }
    std::reverse(given.begin(), given.end());
    EXPECT_EQ(record.solution, fmt::format("On the way {}: {}.", match[3].str(), joined(given)));
  }
  EXPECT_EQ(directions.size(), 2U);
}

WorldOptions acting_world() {
  WorldOptions world;
  world.seed = 33;
  world.theme = ThemeChoice::kMixed;
  world.tasks = parse_tasks("direction,landmark,action,route", "--tasks");
  return world;
}

TEST(Corpus, HandsNameEveryObjectInItsOrder) {
  const WorldOptions world = acting_world();
  for (int64_t index = 0; index < 100; ++index) {
    const Clip clip = make_clip(world, index);
    std::istringstream text(hands_text(clip));
    std::vector<std::string> seen;
    for (std::string word; text >> word;) seen.push_back(word);
    ASSERT_EQ(seen.size(), 8U);
    std::erase(seen, "no");
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    std::vector<std::string> expected;
    for (const TimedAction& timed : clip.actions)
      expected.emplace_back(to_string(timed.action.object));
    EXPECT_EQ(seen, expected) << "clip " << index;
    EXPECT_EQ(actions_text(clip), joined(words(actions_of(clip.actions))) + ".");
  }
}

TEST(Corpus, NewKindsComeInTheCountsAskedFor) {
  std::map<ExerciseKind, int> counts;
  for (const ExerciseRecord& record :
       make_corpus(acting_world(), 6,
                   options_with("hands:6,actions:5,action_check:40,action_invert:30,"
                                "route_invert:20,route_tell:10,question:48"))) {
    ++counts[record.kind];
    const bool is_video = record.kind == ExerciseKind::kHands ||
                          record.kind == ExerciseKind::kActions ||
                          record.kind == ExerciseKind::kQuestion;
    EXPECT_EQ(record.video.empty(), !is_video);
  }
  EXPECT_EQ(counts[ExerciseKind::kHands], 6);
  EXPECT_EQ(counts[ExerciseKind::kActions], 5);
  EXPECT_EQ(counts[ExerciseKind::kActionCheck], 40);
  EXPECT_EQ(counts[ExerciseKind::kActionInvert], 30);
  EXPECT_EQ(counts[ExerciseKind::kRouteInvert], 20);
  EXPECT_EQ(counts[ExerciseKind::kRouteTell], 10);
  EXPECT_EQ(counts[ExerciseKind::kQuestion], 48);
}

TEST(Corpus, ActionInversionsUndoInReverseOrder) {
  const std::map<std::string, std::string> opposite = {
      {"take", "place"},  {"open", "shut"},  {"light", "douse"}, {"fill", "drain"},
      {"raise", "lower"}, {"place", "take"}, {"shut", "open"},   {"douse", "light"},
      {"drain", "fill"},  {"lower", "raise"}};
  const std::regex shape(
      "^On the way (there|back): ([a-z, ]+)\\.\nWhat is the way (there|back)\\?$");
  for (const ExerciseRecord& record :
       make_corpus(acting_world(), 1, options_with("action_invert:200"))) {
    std::smatch match;
    ASSERT_TRUE(std::regex_search(record.problem, match, shape)) << record.problem;
    std::vector<std::string> undone;
    std::string list = match[2].str();
    for (std::smatch action; std::regex_search(list, action, std::regex("([a-z]+) ([a-z]+)"));
         list = action.suffix()) {
      undone.push_back(opposite.at(action[1].str()) + " " + action[2].str());
    }
    std::reverse(undone.begin(), undone.end());
    EXPECT_EQ(record.solution, fmt::format("On the way {}: {}.", match[3].str(), joined(undone)));
  }
}

TEST(Corpus, TranscriptsOfHandsNeedAWorldWithActions) {
  expect_error<core::ConfigError>([] { make_corpus({}, 10, options_with("hands:1")); },
                                  "1 records of kind 'hands' asked for, 10 clips give at most 0");
}

TEST(Corpus, LinesHaveTheFiveFieldsAndTheKind) {
  const auto corpus = make_corpus({}, 2, options_with("question:1"));
  const auto line = nlohmann::json::parse(corpus_line(corpus.front()));
  EXPECT_EQ(line.size(), 6U);
  EXPECT_EQ(line["original_question"], line["problem"]);
  EXPECT_EQ(line["original_answer"].get<std::string>().size(), 1U);
  EXPECT_EQ(line["kind"], "question");
}

TEST(Corpus, QuestionsAreThoseOfTheQuestionFile) {
  WorldOptions world;
  world.seed = 12;
  const CorpusOptions options = options_with("question:40");
  std::set<std::string> known;
  for (int64_t clip = 0; clip < 10; ++clip) {
    for (const std::string& text :
         question_lines(world, make_clip(world, clip), options.thought_weights)) {
      const auto line = nlohmann::json::parse(text);
      known.insert(line["video"].get<std::string>() + line["problem"].get<std::string>() +
                   line["solution"].get<std::string>());
    }
  }
  for (const ExerciseRecord& record : make_corpus(world, 10, options)) {
    EXPECT_TRUE(known.contains(record.video + record.problem + record.solution));
  }
}

TEST(Corpus, BadCountsAreRefused) {
  const auto refused = [](const char* text, const char* part) {
    expect_error<core::ConfigError>([&] { parse_corpus_counts(text, "--corpus"); }, part);
  };
  refused("headigns:3",
          "unknown kind 'headigns'; there are: headings, events, check, invert, question");
  refused("check:1.5", "'check' must be a whole number");
  refused("check:-2", "weight of 'check' must be");
  refused("check:1e300", "must be a whole number");
  expect_error<core::ConfigError>(
      [] { make_corpus({}, 10, options_with("headings:11")); },
      "11 records of kind 'headings' asked for, 10 clips give at most 10");
  expect_error<core::ConfigError>([] { make_corpus({}, 10, options_with("question:41")); },
                                  "at most 40");
}

}  // namespace
}  // namespace retrace::egoworld
