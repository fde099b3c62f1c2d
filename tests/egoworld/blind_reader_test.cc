// A reader that sees only the text of a question is at chance. The reader here is a trained one:
// conditional logistic regression over the options, on every surface property that an option
// artefact could live in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "tools/egoworld/clip_questions.h"

namespace retrace::egoworld {
namespace {

struct BlindItem {
  int64_t clip;
  std::string problem;
  int answer;
};

// What the reader knows of one option: names of binary properties.
using Features = std::vector<std::string>;

std::vector<WordSequence> options_in(const std::string& problem) {
  std::vector<WordSequence> options;
  std::istringstream text(problem);
  for (std::string line; std::getline(text, line);) {
    if (line.size() < 3 || line.substr(1, 2) != ". ") continue;
    std::istringstream option(line.substr(3));
    options.emplace_back();
    for (std::string word; option >> word;) {
      if (word.back() == ',') word.pop_back();
      options.back().push_back(word);
    }
  }
  return options;
}

int num_equal_places(const WordSequence& a, const WordSequence& b) {
  int count = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += a[i] == b[i] ? 1 : 0;
  return count;
}

int num_common_words(const WordSequence& a, const WordSequence& b) {
  int count = 0;
  for (const std::string& word : a) count += std::find(b.begin(), b.end(), word) != b.end() ? 1 : 0;
  return count;
}

Features features_of(const std::vector<WordSequence>& options, size_t option,
                     const std::string& stem) {
  const WordSequence& own = options[option];
  int equal_places = 0, most_equal_places = 0, common_words = 0;
  for (size_t other = 0; other < options.size(); ++other) {
    if (other == option) continue;
    equal_places += num_equal_places(own, options[other]);
    most_equal_places = std::max(most_equal_places, num_equal_places(own, options[other]));
    common_words += num_common_words(own, options[other]);
  }
  Features features = {"letter" + std::to_string(option), "equal" + std::to_string(equal_places),
                       "most" + std::to_string(most_equal_places),
                       "common" + std::to_string(common_words)};
  for (size_t i = 0; i < own.size(); ++i) {
    features.push_back("word" + std::to_string(i) + own[i]);
    features.push_back("has" + own[i]);
    if (i > 0) features.push_back("pair" + own[i - 1] + own[i]);
  }
  const size_t num_general = features.size();
  for (size_t i = 0; i < num_general; ++i) features.push_back(stem + features[i]);
  return features;
}

class BlindReader {
 public:
  void train(const std::vector<BlindItem>& items, int num_epochs) {
    std::vector<std::vector<std::vector<int>>> all_ids;
    for (const BlindItem& item : items) all_ids.push_back(ids_of(item));
    for (int epoch = 0; epoch < num_epochs; ++epoch) {
      const double rate = 0.05 / (1 + epoch);
      for (size_t i = 0; i < items.size(); ++i) {
        const std::vector<double> probability = probabilities(all_ids[i]);
        for (size_t option = 0; option < probability.size(); ++option) {
          const double error =
              (static_cast<int>(option) == items[i].answer ? 1 : 0) - probability[option];
          for (const int id : all_ids[i][option]) weights_[id] += rate * error;
        }
      }
    }
  }

  double accuracy(const std::vector<BlindItem>& items) {
    int num_right = 0;
    for (const BlindItem& item : items) {
      const std::vector<double> probability = probabilities(ids_of(item));
      const auto best =
          std::max_element(probability.begin(), probability.end()) - probability.begin();
      num_right += best == item.answer ? 1 : 0;
    }
    return static_cast<double>(num_right) / static_cast<double>(items.size());
  }

 private:
  std::vector<std::vector<int>> ids_of(const BlindItem& item) {
    const std::vector<WordSequence> options = options_in(item.problem);
    EXPECT_EQ(options.size(), 4U);
    const std::string stem = item.problem.substr(0, item.problem.find('\n'));
    std::vector<std::vector<int>> ids(options.size());
    for (size_t option = 0; option < options.size(); ++option) {
      for (const std::string& feature : features_of(options, option, stem)) {
        const auto [place, is_new] =
            feature_ids_.emplace(feature, static_cast<int>(weights_.size()));
        if (is_new) weights_.push_back(0);
        ids[option].push_back(place->second);
      }
    }
    return ids;
  }

  std::vector<double> probabilities(const std::vector<std::vector<int>>& ids) const {
    std::vector<double> result;
    double total = 0;
    for (const std::vector<int>& option : ids) {
      double score = 0;
      for (const int id : option) score += weights_[id];
      result.push_back(std::exp(score));
      total += result.back();
    }
    for (double& value : result) value /= total;
    return result;
  }

  std::map<std::string, int> feature_ids_;
  std::vector<double> weights_;
};

// Trains on three quarters of the clips, tests on the rest.
double held_out_accuracy(const std::vector<BlindItem>& items) {
  std::vector<BlindItem> train, test;
  for (const BlindItem& item : items) (item.clip % 4 == 3 ? test : train).push_back(item);
  BlindReader reader;
  reader.train(train, 6);
  return reader.accuracy(test);
}

std::vector<BlindItem> items_with(int64_t num_junctions, int64_t num_clips) {
  std::vector<BlindItem> items;
  for (int64_t clip = 0; clip < num_clips; ++clip) {
    for (const Question& question : make_questions(draw_route(77, clip, num_junctions), 77, clip)) {
      items.push_back({clip, problem_text(question), question.answer});
    }
  }
  return items;
}

TEST(BlindReader, IsAtChanceOnHeldOutQuestions) {
  const double accuracy = held_out_accuracy(items_with(3, 2000));
  RecordProperty("held_out_accuracy", std::to_string(accuracy));
  EXPECT_NEAR(accuracy, 0.25, 0.03);
}

TEST(BlindReader, IsAtChanceOnEachKindOfQuestion) {
  const std::vector<BlindItem> items = items_with(3, 12000);
  for (size_t kind = 0; kind < 4; ++kind) {
    std::vector<BlindItem> of_kind;
    for (size_t i = kind; i < items.size(); i += 4) of_kind.push_back(items[i]);
    const double accuracy = held_out_accuracy(of_kind);
    RecordProperty("held_out_accuracy_" + std::to_string(kind), std::to_string(accuracy));
    EXPECT_NEAR(accuracy, 0.25, 0.03) << "kind " << kind;  // 3000 items: 3.8 sigma
  }
}

// All tasks with options, in every theme and level, both directions of a clip among them.
TEST(BlindReader, IsAtChanceInEveryThemeAndLevel) {
  for (const ThemeChoice theme : {ThemeChoice::kIndoor, ThemeChoice::kOutdoor}) {
    for (const Difficulty difficulty :
         {Difficulty::kEasy, Difficulty::kMedium, Difficulty::kHard}) {
      WorldOptions world;
      world.seed = 79;
      world.theme = theme;
      world.difficulty = difficulty;
      world.num_junctions = level_of(difficulty).num_junctions;
      world.tasks = {data::Task::kDirection, data::Task::kLandmark, data::Task::kAction};
      std::vector<BlindItem> items;
      for (int64_t clip = 0; clip < 2000; ++clip) {
        for (const Question& question : make_clip_questions(world, clip))
          items.push_back({clip, problem_text(question), question.answer});
      }
      // 3000 items: 3.8 sigma
      EXPECT_NEAR(held_out_accuracy(items), 0.25, 0.03)
          << to_string(theme) << " " << to_string(difficulty);
    }
  }
}

TEST(BlindReader, IsAtChanceOnActions) {
  WorldOptions world;
  world.seed = 80;
  world.tasks = {data::Task::kAction};
  for (size_t kind = 0; kind < 2; ++kind) {
    std::vector<BlindItem> items;
    for (int64_t clip = 0; clip < 12000; ++clip) {
      const Question question = make_clip_questions(world, clip)[kind];
      items.push_back({clip, problem_text(question), question.answer});
    }
    EXPECT_NEAR(held_out_accuracy(items), 0.25, 0.03) << "kind " << kind;
  }
}

// The same reader finds the artefact of careless distractors, each of which changes one word of the
// truth: the truth is the option most like the others. So the tests above can fail.
TEST(BlindReader, FindsTheArtefactOfIndependentDistractors) {
  std::vector<BlindItem> items;
  core::RandomSequence random(core::RandomStream(5, "careless"));
  for (int64_t clip = 0; clip < 1000; ++clip) {
    Question question = make_questions(draw_route(78, clip, 3), 78, clip)[2];
    std::vector<WordSequence> options(4, question.truth);
    for (size_t i = 1; i < 4; ++i) options[i][i - 1] = "door" + std::to_string(random.below(5));
    const ShuffledOptions shuffled = shuffle_options(options, random);
    question.options = shuffled.options;
    items.push_back({clip, problem_text(question), shuffled.answer});
  }
  EXPECT_GT(held_out_accuracy(items), 0.9);
}

}  // namespace
}  // namespace retrace::egoworld
