#include "core/crc32c.h"

#include <array>
#include <bit>

namespace retrace::core {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  constexpr uint32_t kPolynomialReflected = 0x82F63B78;
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomialReflected : 0);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = make_table();

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t remainder = 0xFFFFFFFF;
  for (const char c : bytes) {
    const auto index = static_cast<uint8_t>(remainder ^ static_cast<uint8_t>(c));
    remainder = kTable[index] ^ (remainder >> 8);
  }
  return ~remainder;
}

uint32_t masked_crc32c(std::string_view bytes) {
  constexpr int kRotation = 15;
  constexpr uint32_t kMaskDelta = 0xA282EAD8;
  return std::rotr(crc32c(bytes), kRotation) + kMaskDelta;
}

}  // namespace retrace::core
