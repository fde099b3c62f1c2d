#include "model/byte_alphabet.h"

#include <array>
#include <cstdint>

namespace retrace::model {

namespace {

constexpr int kFirstSubstitute =
    0x100;  // bytes that do not print as themselves get U+0100, U+0101, ...
constexpr int kMaxSubstitutes = 256;

bool prints_as_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<uint16_t, 256> code_point_of_byte{};
  std::array<int16_t, kFirstSubstitute + kMaxSubstitutes> byte_of_code_point{};

  Alphabet() {
    byte_of_code_point.fill(-1);
    int next = kFirstSubstitute;
    for (int byte = 0; byte < 256; ++byte) {
      const int code_point = prints_as_itself(byte) ? byte : next++;
      code_point_of_byte[static_cast<size_t>(byte)] = static_cast<uint16_t>(code_point);
      byte_of_code_point[static_cast<size_t>(code_point)] = static_cast<int16_t>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::string spell_byte(unsigned char byte) {
  const unsigned code_point = alphabet().code_point_of_byte[byte];
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  return {static_cast<char>(0xC0 | (code_point >> 6)),
          static_cast<char>(0x80 | (code_point & 0x3F))};
}

std::optional<std::string> bytes_of_spelling(std::string_view spelling) {
  std::string bytes;
  bytes.reserve(spelling.size());
  for (size_t i = 0; i < spelling.size(); ++i) {
    unsigned code_point = static_cast<unsigned char>(spelling[i]);
    if (code_point >= 0x80) {
      // The alphabet ends below U+0200: two bytes at most.
      if (code_point < 0xC2 || code_point > 0xC7 || i + 1 == spelling.size()) return std::nullopt;
      code_point = ((code_point & 0x1F) << 6) | (static_cast<unsigned char>(spelling[++i]) & 0x3F);
    }
    const int byte = alphabet().byte_of_code_point[code_point];
    if (byte < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace retrace::model
