#include "data/question_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "core/error.h"
#include "core/random.h"
#include "data/jsonl_dataset.h"
#include "data/pair_index.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

using ::testing::HasSubstr;

// Three sources of 40, 20 and 10 videos with 2 to 6 questions each.
std::vector<Sample> make_samples() {
  std::vector<Sample> samples;
  core::RandomSequence random(core::RandomStream(3, "questions"));
  for (const auto& [source, num_videos] : {std::pair{"x", 40}, {"y", 20}, {"z", 10}}) {
    for (int video = 0; video < num_videos; ++video) {
      const uint64_t num_questions = 2 * (1 + random.below(3));
      for (uint64_t i = 0; i < num_questions; ++i) {
        Sample& sample = samples.emplace_back();
        sample.index = std::ssize(samples) - 1;
        sample.videos = {std::string(source) + std::to_string(video) + ".mp4"};
        sample.source = source;
      }
    }
  }
  return samples;
}

std::set<std::string> videos_of(const std::vector<Sample>& samples,
                                const std::vector<size_t>& positions) {
  std::set<std::string> videos;
  for (const size_t position : positions) videos.insert(video_name_of(samples[position]));
  return videos;
}

std::map<std::string, double> shares_of(const std::vector<Sample>& samples,
                                        const std::vector<size_t>& positions) {
  std::map<std::string, double> shares;
  for (const size_t position : positions)
    shares[samples[position].source] += 1.0 / static_cast<double>(positions.size());
  return shares;
}

std::vector<size_t> everything(const std::vector<Sample>& samples) {
  std::vector<size_t> all(samples.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

std::set<std::string> common(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
  return both;
}

// Nested, whole videos, no video in the test too, as near to the size as a video allows.
void expect_sound(const std::vector<Sample>& samples, const NestedSplitOptions& options) {
  constexpr int64_t kLargestVideo = 6;
  const NestedSplit split = nested_split(samples, options);
  ASSERT_EQ(split.train.size(), options.sizes.size());
  const std::set<std::string> test = videos_of(samples, split.test);
  std::vector<size_t> smaller;
  for (size_t i = 0; i < split.train.size(); ++i) {
    const std::vector<size_t>& train = split.train[i];
    SCOPED_TRACE(options.sizes[i]);
    EXPECT_LE(std::abs(std::ssize(train) - options.sizes[i]), kLargestVideo / 2);
    EXPECT_TRUE(std::is_sorted(train.begin(), train.end()));
    EXPECT_TRUE(std::includes(train.begin(), train.end(), smaller.begin(), smaller.end()));
    const std::set<std::string> videos = videos_of(samples, train);
    EXPECT_TRUE(common(videos, test).empty());
    const auto num_of_videos =
        std::count_if(samples.begin(), samples.end(),
                      [&](const Sample& sample) { return videos.contains(video_name_of(sample)); });
    EXPECT_EQ(num_of_videos, std::ssize(train));
    smaller = train;
  }
}

TEST(NestedSplit, TakesWholeVideosAndHoldsTheSmallerSets) {
  const std::vector<Sample> samples = make_samples();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    expect_sound(samples, {.sizes = {10, 50, 100, 150}, .seed = seed});
    expect_sound(samples, {.sizes = {10, 50, 100}, .test_share = 0.25, .seed = seed});
  }
}

TEST(NestedSplit, KeepsTheSharesOfSources) {
  const std::vector<Sample> samples = make_samples();
  const auto whole = shares_of(samples, everything(samples));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const NestedSplit split = nested_split(samples, {.sizes = {100}, .seed = seed});
    const auto shares = shares_of(samples, split.train.front());
    for (const auto& [source, share] : whole) {
      // Each of three sources is within half a video (3 questions) of its due, so a share is off by
      // at most 3 (1 - share) + 6 share <= 6 of at least 97.
      EXPECT_NEAR(shares.at(source), share, 6.0 / 97) << source;
    }
  }
}

TEST(NestedSplit, DependsOnTheSeedAndNotOnTheOrderOfQuestions) {
  std::vector<Sample> samples = make_samples();
  const NestedSplitOptions options = {.sizes = {60}};
  const auto videos = videos_of(samples, nested_split(samples, options).train.front());
  EXPECT_NE(videos,
            videos_of(samples, nested_split(samples, {.sizes = {60}, .seed = 1}).train.front()));
  std::reverse(samples.begin(), samples.end());
  EXPECT_EQ(videos, videos_of(samples, nested_split(samples, options).train.front()));
}

TEST(NestedSplit, ChoosesSizesThatFitWhatIsLeft) {
  const std::vector<Sample> samples = make_samples();
  const int64_t num_samples = std::ssize(samples);
  ASSERT_GT(num_samples, 252);
  ASSERT_LT(num_samples, 378);
  const NestedSplit whole = nested_split(samples, {});
  EXPECT_EQ(whole.sizes, (std::vector<int64_t>{63, 126, 252, num_samples}));
  EXPECT_EQ(whole.train.back(), everything(samples));
  const NestedSplit held_out = nested_split(samples, {.sizes = {}, .test_share = 0.5});
  const int64_t num_train = num_samples - std::ssize(held_out.test);
  ASSERT_GT(num_train, 126);
  ASSERT_LT(num_train, 252);
  EXPECT_EQ(held_out.sizes, (std::vector<int64_t>{63, 126, num_train}));
  ASSERT_EQ(held_out.train.size(), 3U);
  EXPECT_EQ(std::ssize(held_out.train.back()), num_train);
}

TEST(NestedSplit, RefusesSizesThatCannotBe) {
  std::vector<Sample> samples = make_samples();
  const auto split = [&](NestedSplitOptions options) { return nested_split(samples, options); };
  const auto expect_refused = [&](const NestedSplitOptions& options, const char* part) {
    const std::string text = test::error_text<core::ConfigError>([&] { split(options); });
    EXPECT_THAT(text, HasSubstr(part));
  };
  expect_refused({.sizes = {0, 10}}, "--sizes: must ascend");
  expect_refused({.sizes = {20, 20}}, "--sizes: must ascend");
  expect_refused({.sizes = {100000}}, "--sizes: 100000 questions asked for");
  expect_refused({.sizes = {10}, .test_share = 1}, "--test-share: must be in [0, 1)");
  expect_refused({.sizes = {10}, .test_share = -0.1}, "--test-share: must be in [0, 1)");
  expect_refused({.sizes = {std::ssize(samples)}, .test_share = 0.5}, "there are");
  expect_refused({.sizes = {}, .test_share = 0.999}, "--test-share: 0.999 of 70 videos");
  samples[7].videos.clear();
  EXPECT_THROW(split({.sizes = {10}}), core::DataError);
}

TEST(SourceSplit, HasTheSourceOnOneSideOnly) {
  const std::vector<Sample> samples = make_samples();
  const SourceSplit split = split_off_source(samples, "y");
  EXPECT_EQ(split.train.size() + split.test.size(), samples.size());
  for (const size_t i : split.train) EXPECT_NE(samples[i].source, "y");
  for (const size_t i : split.test) EXPECT_EQ(samples[i].source, "y");
}

TEST(SourceSplit, NamesTheSourcesThereAre) {
  const std::vector<Sample> samples = make_samples();
  try {
    split_off_source(samples, "sun3d");
    FAIL() << "accepted";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--hold-out: expected questions of source 'sun3d'"));
    EXPECT_THAT(error.what(), HasSubstr("x, y, z"));
  }
}

class ReleasedSplits : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("RETRACE_EGOST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "RETRACE_EGOST_DATA does not name the released files";
    DatasetOptions options;
    options.file = std::filesystem::path(folder) / "total_test_mcq_630.jsonl";
    options.check_files = false;
    samples_ = read_dataset(options);
  }
  std::vector<Sample> samples_;
};

TEST_F(ReleasedSplits, HaveTheSizesAndWholePairs) {
  const NestedSplit split = nested_split(samples_, {});
  EXPECT_EQ(split.sizes, (std::vector<int64_t>{63, 126, 252, 378, 504, 630}));
  for (size_t i = 0; i < split.sizes.size(); ++i) {
    // The largest video has ten questions.
    EXPECT_LE(std::abs(std::ssize(split.train[i]) - split.sizes[i]), 5);
    std::vector<Sample> chosen;
    for (const size_t position : split.train[i]) chosen.push_back(samples_[position]);
    for (const auto& [key, pair] : pair_index(chosen)) EXPECT_TRUE(pair.is_complete());
  }
  EXPECT_EQ(split.train.back(), everything(samples_));
}

TEST_F(ReleasedSplits, OutOfDomainTestsAreThoseOfTable4) {
  const SourceSplit sun3d = split_off_source(samples_, "sun3d");
  EXPECT_EQ(sun3d.test.size(), 92U);
  EXPECT_EQ(sun3d.train.size(), 538U);
  const SourceSplit outdoor = split_off_source(samples_, "outdoor");
  EXPECT_EQ(outdoor.test.size(), 102U);
  EXPECT_EQ(outdoor.train.size(), 528U);
  for (const SourceSplit& split : {sun3d, outdoor}) {
    for (const size_t i : split.test) EXPECT_NE(samples_[i].task, Task::kAction);
  }
}

}  // namespace
}  // namespace retrace::data
