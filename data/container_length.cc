#include "data/container_length.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace retrace::data {
namespace {

// The bytes of a file at chosen places.
class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& file) : stream_(file, std::ios::binary) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    size_ = error ? 0 : static_cast<int64_t>(size);
  }
  int64_t size() const { return size_; }

  // `count` bytes (at most 8) as one number, the first the most significant; nothing past the end.
  std::optional<uint64_t> big_endian(int64_t place, int count) {
    std::array<unsigned char, 8> bytes{};
    if (place < 0 || place > size_ - count || !stream_.seekg(place) ||
        !stream_.read(reinterpret_cast<char*>(bytes.data()), count)) {
      stream_.clear();
      return std::nullopt;
    }
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[static_cast<size_t>(i)];
    return value;
  }

 private:
  std::ifstream stream_;
  int64_t size_ = 0;
};

constexpr uint64_t tag(std::string_view four) {
  uint64_t value = 0;
  for (const char letter : four) value = value << 8 | static_cast<unsigned char>(letter);
  return value;
}

// RIFF lists follow one another: tag, length (the least significant byte first), data.
bool riff_is_cut(Bytes& bytes) {
  for (int64_t place = 0; bytes.big_endian(place, 4) == tag("RIFF");) {
    const std::optional<uint64_t> swapped = bytes.big_endian(place + 4, 4);
    if (!swapped) return true;
    const uint32_t length = __builtin_bswap32(static_cast<uint32_t>(*swapped));
    if (length == 0 || length == UINT32_MAX) return false;  // never filled in
    place += 8 + static_cast<int64_t>(length);
    if (place > bytes.size()) return true;
    place += length % 2;
  }
  return false;
}

// EBML: the number of leading zero bits of the first byte tells how many bytes a length has; all
// other bits set means that it is not known.
struct EbmlLength {
  int num_bytes;
  std::optional<uint64_t> value;
};
std::optional<EbmlLength> ebml_length(Bytes& bytes, int64_t place) {
  const std::optional<uint64_t> first = bytes.big_endian(place, 1);
  if (!first || *first == 0) return std::nullopt;
  const int num_bytes = __builtin_clz(static_cast<unsigned>(*first)) - 23;
  const std::optional<uint64_t> all = bytes.big_endian(place, num_bytes);
  if (!all) return std::nullopt;
  const uint64_t mask = (uint64_t{1} << (7 * num_bytes)) - 1;
  if ((*all & mask) == mask) return EbmlLength{num_bytes, std::nullopt};
  return EbmlLength{num_bytes, *all & mask};
}

bool matroska_is_cut(Bytes& bytes) {
  constexpr uint64_t kSegment = 0x18538067;
  const std::optional<EbmlLength> header = ebml_length(bytes, 4);
  if (!header || !header->value || *header->value > UINT32_MAX) return false;
  const int64_t segment = 4 + header->num_bytes + static_cast<int64_t>(*header->value);
  if (bytes.big_endian(segment, 4) != kSegment) return false;
  const std::optional<EbmlLength> length = ebml_length(bytes, segment + 4);
  if (!length || !length->value) return false;
  const uint64_t begin =
      static_cast<uint64_t>(segment) + 4 + static_cast<uint64_t>(length->num_bytes);
  return begin + *length->value > static_cast<uint64_t>(bytes.size());
}

// Boxes follow one another: length, tag, data; a length of 1 stands for a longer one behind the
// tag.
bool fragmented_mp4_is_cut(Bytes& bytes) {
  bool has_fragments = false;
  for (int64_t place = 0; place < bytes.size();) {
    const std::optional<uint64_t> short_length = bytes.big_endian(place, 4);
    const std::optional<uint64_t> name = bytes.big_endian(place + 4, 4);
    if (!short_length || !name) return has_fragments;
    has_fragments = has_fragments || *name == tag("moof");
    if (*short_length == 0) return false;  // up to the end
    const std::optional<uint64_t> length =
        *short_length == 1 ? bytes.big_endian(place + 8, 8) : short_length;
    if (!length || *length < 8) return false;
    if (*length > static_cast<uint64_t>(bytes.size() - place)) return has_fragments;
    place += static_cast<int64_t>(*length);
  }
  return false;
}

}  // namespace

bool is_shorter_than_announced(const std::filesystem::path& file) {
  constexpr uint64_t kEbml = 0x1A45DFA3;
  Bytes bytes(file);
  const std::optional<uint64_t> first = bytes.big_endian(0, 4);
  if (first == tag("RIFF")) return riff_is_cut(bytes);
  if (first == kEbml) return matroska_is_cut(bytes);
  if (bytes.big_endian(4, 4) == tag("ftyp")) return fragmented_mp4_is_cut(bytes);
  return false;
}

}  // namespace retrace::data
