#include "kernels/sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace retrace::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

using Logits = std::vector<float>;
using Ids = std::vector<int64_t>;

std::vector<double> softmax(const Logits& logits, double temperature) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p;
  for (const float logit : logits) p.push_back(std::exp((logit - largest) / temperature));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= total;
  return p;
}

// The distribution that is drawn from, by sorting everything.
std::vector<double> brute_force(const Logits& logits, const SamplingOptions& options,
                                const Ids& banned) {
  std::vector<double> p = softmax(logits, options.temperature);
  for (const int64_t id : banned) p[id] = 0;
  Ids order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return p[a] > p[b]; });
  if (options.top_k > 0) {
    for (size_t rank = options.top_k; rank < order.size(); ++rank) p[order[rank]] = 0;
  }
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  double mass = 0;
  for (const int64_t id : order) {
    if (options.top_p < 1 && mass >= options.top_p * total) p[id] = 0;
    mass += p[id];
  }
  const double kept = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= kept;
  return p;
}

int64_t invert(const std::vector<double>& p, double uniform) {
  double cumulative = 0;
  for (size_t id = 0; id < p.size(); ++id) {
    cumulative += p[id];
    if (cumulative > uniform) return static_cast<int64_t>(id);
  }
  return -1;
}

Logits random_logits(int64_t size, uint64_t seed) {
  const core::RandomStream stream(seed, "test logits");
  Logits logits;
  for (int64_t id = 0; id < size; ++id) logits.push_back(static_cast<float>(2 * stream.normal(id)));
  return logits;
}

TEST(SampleToken, EqualsBruteForceForManyOptions) {
  const core::RandomStream uniform(3, "test uniform");
  uint64_t draw = 0;
  for (const double temperature : {0.3, 1.0, 4.0}) {
    for (const int64_t top_k : {0, 1, 3, 17, 18, 100}) {
      for (const double top_p : {1e-9, 0.2, 0.7, 0.999, 1.0}) {
        const Logits logits = random_logits(18, draw);
        const SamplingOptions options{temperature, top_k, top_p};
        const Ids banned = draw % 2 ? Ids{2, 5, 17} : Ids{};
        const auto p = brute_force(logits, options, banned);
        for (int repeat = 0; repeat < 20; ++repeat) {
          const double u = uniform.uniform(draw++);
          const SampledToken token = sample_token(logits, options, banned, u);
          ASSERT_EQ(token.id, invert(p, u)) << temperature << " " << top_k << " " << top_p;
          ASSERT_NEAR(token.logprob, std::log(softmax(logits, temperature)[token.id]), 1e-5);
        }
      }
    }
  }
}

TEST(SampleToken, DrawsFollowTheDistribution) {
  const Logits logits = random_logits(12, 5);
  const SamplingOptions options{.temperature = 1.3, .top_k = 9, .top_p = 0.95};
  const Ids banned = {1};
  const auto p = brute_force(logits, options, banned);
  const core::RandomStream stream(11, "chi square");
  constexpr int kDraws = 40000;
  std::vector<int> counts(p.size(), 0);
  for (int draw = 0; draw < kDraws; ++draw) {
    ++counts[sample_token(logits, options, banned, stream.uniform(draw)).id];
  }
  double chi_square = 0;
  int degrees = -1;
  for (size_t id = 0; id < p.size(); ++id) {
    if (p[id] == 0) {
      EXPECT_EQ(counts[id], 0);
      continue;
    }
    const double expected = p[id] * kDraws;
    chi_square += (counts[id] - expected) * (counts[id] - expected) / expected;
    ++degrees;
  }
  ASSERT_GE(degrees, 3);
  EXPECT_LT(chi_square, degrees + 5 * std::sqrt(2.0 * degrees));  // 5 standard deviations
}

TEST(SampleToken, GreedyTakesTheLargestAndTheLowestIdOnTies) {
  const Logits logits = {1, 3, 2, 3};
  const SampledToken token = sample_token(logits, {.temperature = 0}, {}, 0.99);
  EXPECT_EQ(token.id, 1);
  EXPECT_NEAR(token.logprob, std::log(softmax(logits, 1.0)[1]), 1e-6);
  EXPECT_EQ(sample_token(logits, {.temperature = 0}, Ids{1}, 0.0).id, 3);
  EXPECT_EQ(sample_token(logits, {.temperature = 0}, Ids{1, 3}, 0.0).id, 2);
}

TEST(SampleToken, GreedyLogprobStillCountsBannedMass) {
  const Logits logits = {5, 0};
  const SampledToken token = sample_token(logits, {.temperature = 0}, Ids{0}, 0.0);
  EXPECT_EQ(token.id, 1);
  EXPECT_NEAR(token.logprob, std::log(softmax(logits, 1.0)[1]), 1e-5);
}

TEST(SampleToken, TiesAtTheTopKBorderKeepTheLowestIds) {
  const Logits logits = {0, 1, 1, 1};
  Ids drawn;
  for (const double u : {0.0, 0.49, 0.51, 0.999}) {
    drawn.push_back(sample_token(logits, {.top_k = 2}, {}, u).id);
  }
  EXPECT_EQ(drawn, (Ids{1, 1, 2, 2}));
}

TEST(SampleToken, TopPKeepsTheSmallestSetOfThatMass) {
  const Logits logits = {std::log(0.5f), std::log(0.3f), std::log(0.2f)};
  EXPECT_EQ(sample_token(logits, {.top_p = 0.4}, {}, 0.9999).id, 0);
  EXPECT_EQ(sample_token(logits, {.top_p = 0.6}, {}, 0.9999).id, 1);
  EXPECT_EQ(sample_token(logits, {.top_p = 0.9}, {}, 0.9999).id, 2);
}

TEST(SampleToken, BannedTokensAreNeverDrawnEvenWithNearlyAllMass) {
  const Logits logits = {1000, 1, 2};
  const SampledToken token = sample_token(logits, {}, Ids{0}, 0.0);
  EXPECT_EQ(token.id, 1);
  EXPECT_NEAR(token.logprob, -999, 1e-3);
}

TEST(SampleToken, TokensWithoutMassAreNeverDrawn) {
  const Logits logits = {-kInfinity, 0, -kInfinity, 0, -kInfinity};
  EXPECT_EQ(sample_token(logits, {}, {}, 0.0).id, 1);
  EXPECT_EQ(sample_token(logits, {}, {}, std::nextafter(1.0, 0.0)).id, 3);
  EXPECT_EQ(sample_token(logits, {.temperature = 0}, {}, 0.5).id, 1);
}

std::string message_of(const Logits& logits, const SamplingOptions& options, const Ids& banned,
                       double uniform) {
  try {
    sample_token(logits, options, banned, uniform);
  } catch (const core::InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(SampleTokenErrors, SayWhatIsWrong) {
  const Logits logits = {1, 2};
  using testing::HasSubstr;
  EXPECT_THAT(message_of(logits, {}, {0, 1}, 0.5), HasSubstr("all mass is on banned tokens"));
  EXPECT_THAT(message_of({1, -kInfinity}, {}, {0}, 0.5), HasSubstr("all mass is on banned tokens"));
  EXPECT_THAT(message_of(logits, {}, {2}, 0.5), HasSubstr("banned id 2"));
  EXPECT_THAT(message_of(logits, {}, {-1}, 0.5), HasSubstr("banned id -1"));
  EXPECT_THAT(message_of({}, {}, {}, 0.5), HasSubstr("no logits"));
  EXPECT_THAT(message_of({1, std::nanf("")}, {}, {}, 0.5), HasSubstr("diverged"));
  EXPECT_THAT(message_of({1, kInfinity}, {}, {}, 0.5), HasSubstr("diverged"));
  EXPECT_THAT(message_of({-kInfinity, -kInfinity}, {}, {}, 0.5), HasSubstr("every logit is -inf"));
  EXPECT_THAT(message_of(logits, {.temperature = -1}, {}, 0.5), HasSubstr("temperature"));
  EXPECT_THAT(message_of(logits, {.temperature = std::nan("")}, {}, 0.5), HasSubstr("temperature"));
  EXPECT_THAT(message_of(logits, {.top_k = -1}, {}, 0.5), HasSubstr("top_k"));
  EXPECT_THAT(message_of(logits, {.top_p = 0}, {}, 0.5), HasSubstr("top_p"));
  EXPECT_THAT(message_of(logits, {.top_p = 1.1}, {}, 0.5), HasSubstr("top_p"));
  EXPECT_THAT(message_of(logits, {}, {}, 1.0), HasSubstr("uniform"));
}

}  // namespace
}  // namespace retrace::kernels
