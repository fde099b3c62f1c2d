#include "core/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "core/error.h"
#include "core/philox.h"

namespace retrace::core {
namespace {

using ::testing::ElementsAre;

// The known answers that the authors publish with Random123 (kat_vectors, philox4x32 with 10
// rounds).
TEST(Philox, PublishedVectorsAreReproduced) {
  constexpr uint32_t kOnes = 0xFFFFFFFF;
  EXPECT_THAT(philox4x32_10({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(philox4x32_10({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(
      philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

// Saved runs depend on these: a change of any of them breaks resume and needs a new checkpoint
// version.
TEST(RandomStream, ValuesStayTheSameForever) {
  const RandomStream stream(17, "sampling");
  EXPECT_EQ(stream.key(), 0xbf42e8b01df235f4ull);
  EXPECT_EQ(stream.bits(5), 0x538e899aae32cc6aull);
  EXPECT_EQ(stream.substream(3).key(), 0x9d8f0ced459f4046ull);
}

TEST(RandomStream, AValueDependsOnlyOnSeedNameIndexAndCounter) {
  const RandomStream once(1, "data");
  const double expected = once.substream(4).uniform(1000);
  for (uint64_t counter = 0; counter < 10; ++counter) once.substream(4).uniform(counter);
  EXPECT_EQ(RandomStream(1, "data").substream(4).uniform(1000), expected);
}

TEST(RandomStream, SeedsNamesSubstreamsAndCountersAllGiveDifferentKeys) {
  std::set<uint64_t> values;
  size_t num_values = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (const char* name : {"data", "sampling", "init", "datA", ""}) {
      const RandomStream stream(seed, name);
      for (uint64_t i = 0; i < 20; ++i) {
        const uint64_t high_index = i << 32;  // the upper counter word counts too
        for (const uint64_t value : {stream.bits(i), stream.bits(high_index + 1000),
                                     stream.substream(i).key(), stream.substream(i).bits(i)}) {
          values.insert(value);
          ++num_values;
        }
      }
    }
  }
  EXPECT_EQ(values.size(), num_values);
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0;
};

template <class Draw>
Moments moments_of(int64_t count, Draw draw) {
  Moments m;
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(draw(static_cast<uint64_t>(i)));
  for (const double v : values) m.mean += v / static_cast<double>(count);
  for (const double v : values) {
    m.variance += std::pow(v - m.mean, 2) / static_cast<double>(count);
    m.fourth += std::pow(v - m.mean, 4) / static_cast<double>(count);
  }
  return m;
}

// Chi-square of counts against equal expectations; under the null its mean is the degrees of
// freedom d, its standard deviation sqrt(2 d).
double chi_square_score(const std::vector<int64_t>& counts) {
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  const double expected = static_cast<double>(total) / static_cast<double>(counts.size());
  double chi_square = 0;
  for (const int64_t count : counts) {
    chi_square += std::pow(static_cast<double>(count) - expected, 2) / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

constexpr int64_t kNumDraws = 200000;
constexpr double kMaxScore =
    4;  // standard deviations; the draws are fixed, so a pass is a pass for ever

TEST(RandomStream, UniformFillsTheUnitIntervalEvenly) {
  const RandomStream stream(3, "uniform");
  std::vector<int64_t> counts(100);
  for (int64_t i = 0; i < kNumDraws; ++i) {
    const double u = stream.uniform(static_cast<uint64_t>(i));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++counts[static_cast<size_t>(u * 100)];
  }
  EXPECT_LT(std::abs(chi_square_score(counts)), kMaxScore);
}

TEST(RandomStream, NormalHasTheMomentsOfAStandardNormal) {
  const RandomStream stream(3, "normal");
  const Moments m = moments_of(kNumDraws, [&](uint64_t i) { return stream.normal(i); });
  const double n = static_cast<double>(kNumDraws);
  EXPECT_LT(std::abs(m.mean), kMaxScore * std::sqrt(1 / n));
  EXPECT_LT(std::abs(m.variance - 1), kMaxScore * std::sqrt(2 / n));
  EXPECT_LT(std::abs(m.fourth - 3), kMaxScore * std::sqrt(96 / n));
}

TEST(RandomStream, NormalFollowsTheNormalDistribution) {
  const RandomStream stream(4, "normal");
  std::vector<int64_t> counts(50);
  for (int64_t i = 0; i < kNumDraws; ++i) {
    const double z = stream.normal(static_cast<uint64_t>(i));
    const double quantile = 0.5 * std::erfc(-z / std::sqrt(2.0));  // uniform if z is normal
    ++counts[std::min<size_t>(49, static_cast<size_t>(quantile * 50))];
  }
  EXPECT_LT(std::abs(chi_square_score(counts)), kMaxScore);
}

double correlation(const RandomStream& left, const RandomStream& right, uint64_t lag) {
  double sum = 0;
  for (int64_t i = 0; i < kNumDraws; ++i) {
    const auto counter = static_cast<uint64_t>(i);
    sum += (left.uniform(counter) - 0.5) * (right.uniform(counter + lag) - 0.5);
  }
  return sum / static_cast<double>(kNumDraws) * 12;
}

TEST(RandomStream, StreamsOfDifferentNamesSeedsAndIndicesAreUncorrelated) {
  const double bound = kMaxScore / std::sqrt(static_cast<double>(kNumDraws));
  const RandomStream stream(7, "data");
  EXPECT_LT(std::abs(correlation(stream, RandomStream(7, "sampling"), 0)), bound);
  EXPECT_LT(std::abs(correlation(stream, RandomStream(8, "data"), 0)), bound);
  EXPECT_LT(std::abs(correlation(stream.substream(0), stream.substream(1), 0)), bound);
  EXPECT_LT(std::abs(correlation(stream, stream.substream(0), 0)), bound);
  EXPECT_LT(std::abs(correlation(stream, stream, 1)), bound);
  EXPECT_NEAR(correlation(stream, stream, 0), 1.0, 0.02);  // the measure itself works
}

TEST(RandomSequence, BelowIsUniformAlsoWhereModuloWouldBeBiased) {
  RandomSequence sequence(RandomStream(5, "below"));
  std::vector<int64_t> counts(7);
  for (int64_t i = 0; i < kNumDraws; ++i) ++counts[sequence.below(7)];
  EXPECT_LT(std::abs(chi_square_score(counts)), kMaxScore);
  // With n = 3/4 of 2^64 a plain modulo would give the lowest third twice as often as the others.
  const uint64_t large = (uint64_t{1} << 63) + (uint64_t{1} << 62);
  std::vector<int64_t> thirds(3);
  for (int64_t i = 0; i < 30000; ++i) ++thirds[sequence.below(large) / (large / 3)];
  EXPECT_LT(std::abs(chi_square_score(thirds)), kMaxScore);
}

TEST(RandomSequence, BelowOneIsZeroAndBelowZeroIsAnError) {
  RandomSequence sequence(RandomStream(5, "below"));
  EXPECT_EQ(sequence.below(1), 0u);
  EXPECT_THROW(sequence.below(0), InternalError);
}

TEST(RandomSequence, ShuffleGivesEveryOrderEquallyOften) {
  RandomSequence sequence(RandomStream(6, "shuffle"));
  std::map<std::string, int64_t> orders;
  for (int64_t i = 0; i < 48000; ++i) {
    std::vector<char> letters = {'a', 'b', 'c', 'd'};
    sequence.shuffle(letters);
    ++orders[std::string(letters.begin(), letters.end())];
  }
  ASSERT_EQ(orders.size(), 24u);
  std::vector<int64_t> counts;
  for (const auto& [order, count] : orders) counts.push_back(count);
  EXPECT_LT(std::abs(chi_square_score(counts)), kMaxScore);
}

TEST(RandomSequence, RangesAndChancesKeepTheirBounds) {
  RandomSequence sequence(RandomStream(9, "range"));
  int64_t num_hits = 0;
  for (int64_t i = 0; i < 10000; ++i) {
    const double value = sequence.uniform(-2.0, 3.0);
    ASSERT_GE(value, -2.0);
    ASSERT_LT(value, 3.0);
    num_hits += sequence.chance(0.25) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(num_hits) / 10000, 0.25,
              kMaxScore * std::sqrt(0.25 * 0.75 / 10000));
  EXPECT_FALSE(sequence.chance(0.0));
  EXPECT_TRUE(sequence.chance(1.0));
}

}  // namespace
}  // namespace retrace::core
