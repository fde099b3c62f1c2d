// Counter-based random numbers: value = Philox4x32-10(key, counter). No state, so a value depends
// only on what it is for, never on what was drawn before, on batch shapes, rank counts or restarts.
//
//   RandomStream sampling(seed, "sampling");
//   double u = sampling.substream(step).substream(sample).substream(completion).uniform(position);
//
// Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace retrace::core {

class RandomStream {
 public:
  // Streams of the same seed with different names are independent.
  RandomStream(uint64_t seed, std::string_view name);

  // An independent stream; the same (stream, index) always gives the same one.
  RandomStream substream(uint64_t index) const;

  uint64_t bits(uint64_t counter) const;   // 64 random bits
  double uniform(uint64_t counter) const;  // in [0, 1), 53 bits
  double normal(uint64_t counter) const;   // standard normal (Box-Muller)
  uint64_t key() const { return key_; }

 private:
  explicit RandomStream(uint64_t key) : key_(key) {}
  uint64_t key_;
};

// Consecutive values of one stream, for code that draws an unknown number of them.
class RandomSequence {
 public:
  explicit RandomSequence(RandomStream stream) : stream_(stream) {}
  double uniform() { return stream_.uniform(counter_++); }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal() { return stream_.normal(counter_++); }
  // Uniform integer in [0, n), n >= 1, without modulo bias.
  uint64_t below(uint64_t n);
  bool chance(double probability) { return uniform() < probability; }
  // Fisher-Yates.
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  RandomStream stream_;
  uint64_t counter_ = 0;
};

}  // namespace retrace::core
