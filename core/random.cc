#include "core/random.h"

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/philox.h"

namespace retrace::core {
namespace {

// The third counter word says what a block is for, so that no two uses of one stream share a block.
enum class Purpose : uint32_t { kBits = 0, kSubstream = 1, kNormal = 2, kName = 3 };

struct BlockPair {
  uint64_t first, second;
};

BlockPair draw(uint64_t key, uint64_t counter, Purpose purpose) {
  const PhiloxBlock block =
      philox4x32_10({static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32),
                     static_cast<uint32_t>(purpose), 0},
                    {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
  return {block[0] | uint64_t{block[1]} << 32, block[2] | uint64_t{block[3]} << 32};
}

// FNV-1a: only has to tell names apart; Philox does the mixing.
uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3;
  }
  return hash;
}

double to_unit_interval(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace

RandomStream::RandomStream(uint64_t seed, std::string_view name)
    : key_(draw(seed, hash_name(name), Purpose::kName).first) {}

RandomStream RandomStream::substream(uint64_t index) const {
  return RandomStream(draw(key_, index, Purpose::kSubstream).first);
}

uint64_t RandomStream::bits(uint64_t counter) const {
  return draw(key_, counter, Purpose::kBits).first;
}

double RandomStream::uniform(uint64_t counter) const {
  return to_unit_interval(bits(counter));
}

double RandomStream::normal(uint64_t counter) const {
  const auto [first, second] = draw(key_, counter, Purpose::kNormal);
  const double radius_uniform =
      1.0 - to_unit_interval(first);  // in (0, 1]: the logarithm is finite
  const double angle = 2.0 * std::numbers::pi * to_unit_interval(second);
  return std::sqrt(-2.0 * std::log(radius_uniform)) * std::cos(angle);
}

uint64_t RandomSequence::below(uint64_t n) {
  RETRACE_CHECK(n >= 1, "below() needs at least one value");
  // The high word of bits * n is uniform once the first 2^64 mod n low words are rejected.
  const uint64_t num_rejected = (0 - n) % n;
  while (true) {
    const auto product = static_cast<unsigned __int128>(stream_.bits(counter_++)) * n;
    if (static_cast<uint64_t>(product) >= num_rejected) return static_cast<uint64_t>(product >> 64);
  }
}

}  // namespace retrace::core
