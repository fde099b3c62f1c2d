#include "kernels/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace retrace::kernels {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

struct Candidate {
  int64_t id = 0;
  double weight = 0;  // exp(scaled logit - largest scaled logit)
};

// Most likely first; of equals, the lowest id.
bool more_likely(const Candidate& a, const Candidate& b) {
  return a.weight > b.weight || (a.weight == b.weight && a.id < b.id);
}

struct Distribution {
  std::vector<double> scaled_V;  // logits / temperature
  double largest = kMinusInfinity;
  double total = 0;  // sum of exp(scaled - largest)
  float logprob(int64_t id) const {
    return static_cast<float>(scaled_V[id] - largest - std::log(total));
  }
};

Distribution make_distribution(std::span<const float> logits_V, double temperature) {
  Distribution distribution;
  distribution.scaled_V.reserve(logits_V.size());
  for (size_t id = 0; id < logits_V.size(); ++id) {
    const double logit = logits_V[id];
    RETRACE_CHECK(logit < std::numeric_limits<double>::infinity(),
                  "sample_token: the logit of token {} is {}; the model has diverged", id, logit);
    distribution.scaled_V.push_back(logit / temperature);
    distribution.largest = std::max(distribution.largest, distribution.scaled_V.back());
  }
  RETRACE_CHECK(distribution.largest > kMinusInfinity, "sample_token: every logit is -inf");
  for (const double scaled : distribution.scaled_V) {
    distribution.total += std::exp(scaled - distribution.largest);
  }
  return distribution;
}

// Every id with mass that is not banned, in ascending order. Weights are relative to the largest
// allowed logit, so that mass does not underflow where a banned token takes nearly all of it.
std::vector<Candidate> allowed_candidates(const Distribution& distribution,
                                          std::span<const int64_t> banned) {
  const int64_t vocab_size = static_cast<int64_t>(distribution.scaled_V.size());
  std::vector<double> scaled_V = distribution.scaled_V;
  for (const int64_t id : banned) {
    RETRACE_CHECK(id >= 0 && id < vocab_size, "sample_token: banned id {} is outside [0, {})", id,
                  vocab_size);
    scaled_V[id] = kMinusInfinity;
  }
  const double largest = *std::max_element(scaled_V.begin(), scaled_V.end());
  RETRACE_CHECK(largest > kMinusInfinity,
                "sample_token: all mass is on banned tokens ({} of {} ids banned)", banned.size(),
                vocab_size);
  std::vector<Candidate> candidates;
  candidates.reserve(scaled_V.size());
  for (int64_t id = 0; id < vocab_size; ++id) {
    const double weight = std::exp(scaled_V[id] - largest);
    if (weight > 0) candidates.push_back({id, weight});
  }
  return candidates;
}

void keep_top_k(std::vector<Candidate>& candidates, int64_t top_k) {
  if (top_k == 0 || top_k >= static_cast<int64_t>(candidates.size())) return;
  std::nth_element(candidates.begin(), candidates.begin() + top_k - 1, candidates.end(),
                   more_likely);
  candidates.resize(top_k);
}

// A heap gives candidates in order of likelihood and stops early: the kept set is small where the
// vocabulary is large.
void keep_top_p(std::vector<Candidate>& candidates, double top_p) {
  if (top_p >= 1) return;
  double total = 0;
  for (const Candidate& candidate : candidates) total += candidate.weight;
  const auto less_likely = [](const Candidate& a, const Candidate& b) { return more_likely(b, a); };
  std::make_heap(candidates.begin(), candidates.end(), less_likely);
  std::vector<Candidate> kept;
  double mass = 0;
  while (!candidates.empty() && (kept.empty() || mass < top_p * total)) {
    std::pop_heap(candidates.begin(), candidates.end(), less_likely);
    kept.push_back(candidates.back());
    mass += candidates.back().weight;
    candidates.pop_back();
  }
  candidates = std::move(kept);
}

int64_t invert(const std::vector<Candidate>& candidates, double uniform) {
  double total = 0;
  for (const Candidate& candidate : candidates) total += candidate.weight;
  const double target = uniform * total;
  double cumulative = 0;
  for (const Candidate& candidate : candidates) {
    cumulative += candidate.weight;
    if (cumulative > target) return candidate.id;
  }
  return candidates.back().id;  // uniform * total rounded up to total
}

}  // namespace

SampledToken sample_token(std::span<const float> logits_V, const SamplingOptions& options,
                          std::span<const int64_t> banned, double uniform) {
  RETRACE_CHECK(!logits_V.empty(), "sample_token: no logits");
  RETRACE_CHECK(std::isfinite(options.temperature) && options.temperature >= 0,
                "sample_token: temperature must be 0 or more, is {}", options.temperature);
  RETRACE_CHECK(options.top_k >= 0, "sample_token: top_k must be 0 or more, is {}", options.top_k);
  RETRACE_CHECK(options.top_p > 0 && options.top_p <= 1,
                "sample_token: top_p must be in (0, 1], is {}", options.top_p);
  RETRACE_CHECK(uniform >= 0 && uniform < 1, "sample_token: uniform must be in [0, 1), is {}",
                uniform);
  const bool greedy = options.temperature == 0;
  const Distribution distribution = make_distribution(logits_V, greedy ? 1.0 : options.temperature);
  std::vector<Candidate> candidates = allowed_candidates(distribution, banned);
  int64_t id = 0;
  if (greedy) {
    id = std::min_element(candidates.begin(), candidates.end(), more_likely)->id;
  } else {
    keep_top_k(candidates, options.top_k);
    keep_top_p(candidates, options.top_p);
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
    id = invert(candidates, uniform);
  }
  return {id, distribution.logprob(id)};
}

}  // namespace retrace::kernels
