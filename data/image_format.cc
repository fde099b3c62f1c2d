#include "data/image_format.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace retrace::data {
namespace {

using Bytes = std::span<const uint8_t>;

bool starts_with(Bytes bytes, size_t offset, std::string_view text) {
  return offset + text.size() <= bytes.size() &&
         std::memcmp(bytes.data() + offset, text.data(), text.size()) == 0;
}

// Unsigned number of `size` bytes; 0 outside the data.
uint32_t number(Bytes bytes, size_t offset, size_t size, bool is_big_endian) {
  if (offset > bytes.size() || size > bytes.size() - offset) return 0;
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t byte = bytes[offset + (is_big_endian ? i : size - 1 - i)];
    value = value << 8 | byte;
  }
  return value;
}

Bytes part(Bytes bytes, size_t offset, size_t size) {
  if (offset > bytes.size()) return {};
  return bytes.subspan(offset, std::min(size, bytes.size() - offset));
}

// ------------------------------------------------------------------------------------------------
// JPEG: a list of segments, then entropy-coded data
// ------------------------------------------------------------------------------------------------

struct JpegSegments {
  size_t scan_begin = 0;  // of the first scan; 0 if there is none
  Bytes exif;             // TIFF data of the EXIF segment
};

JpegSegments walk_jpeg(Bytes bytes) {
  JpegSegments segments;
  size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == 0xFF) {
    const uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA) {
      segments.scan_begin = at;
      break;
    }
    const size_t length = number(bytes, at + 2, 2, true);
    if (length < 2) break;
    constexpr std::string_view kExif("Exif\0\0", 6);
    if (marker == 0xE1 && segments.exif.empty() && starts_with(bytes, at + 4, kExif))
      segments.exif = part(bytes, at + 10, length - std::min<size_t>(length, 8));
    at += 2 + length;
  }
  return segments;
}

bool has_jpeg_end(Bytes bytes) {
  const size_t scan = walk_jpeg(bytes).scan_begin;
  if (scan == 0) return false;
  // Inside coded data a byte 0xFF is always followed by 0 or a restart marker.
  constexpr std::string_view kEnd = "\xFF\xD9";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.find(kEnd, scan) != std::string_view::npos;
}

// ------------------------------------------------------------------------------------------------
// PNG and WebP: chunks with a name and a length
// ------------------------------------------------------------------------------------------------

struct ChunkLayout {
  size_t first = 0;
  bool is_png = false;  // length before the name, big-endian, and a checksum behind; else RIFF
};

constexpr ChunkLayout kPngLayout = {8, true};
constexpr ChunkLayout kWebpLayout = {12, false};

std::optional<Bytes> find_chunk(Bytes bytes, ChunkLayout layout, std::string_view name) {
  size_t at = layout.first;
  while (at + 8 <= bytes.size()) {
    const size_t length = number(bytes, at + (layout.is_png ? 0 : 4), 4, layout.is_png);
    if (starts_with(bytes, at + (layout.is_png ? 4 : 0), name)) return part(bytes, at + 8, length);
    at += 8 + length + (layout.is_png ? 4 : length % 2);
  }
  return std::nullopt;
}

// ------------------------------------------------------------------------------------------------
// GIF: extensions and images, each a list of blocks that ends with an empty one
// ------------------------------------------------------------------------------------------------

// Behind the list of blocks at `at`; nothing if it does not end.
std::optional<size_t> skip_blocks(Bytes bytes, size_t at) {
  while (at < bytes.size()) {
    const size_t length = bytes[at];
    at += 1 + length;
    if (length == 0) return at;
  }
  return std::nullopt;
}

// Bytes of the colour table that a byte of flags announces.
size_t colour_table_bytes(uint8_t flags) {
  return (flags & 0x80) != 0 ? size_t{3} << ((flags & 7) + 1) : 0;
}

bool has_whole_gif_image(Bytes bytes) {
  constexpr size_t kHeader = 13, kDescriptor = 10;
  constexpr uint8_t kExtension = 0x21, kImage = 0x2C;
  if (bytes.size() < kHeader) return false;
  size_t at = kHeader + colour_table_bytes(bytes[10]);
  while (at < bytes.size() && bytes[at] == kExtension) {
    const std::optional<size_t> end = skip_blocks(bytes, at + 2);
    if (!end) return false;
    at = *end;
  }
  if (at + kDescriptor > bytes.size() || bytes[at] != kImage) return false;
  const size_t data = at + kDescriptor + colour_table_bytes(bytes[at + 9]) + 1;
  return skip_blocks(bytes, data).has_value();
}

// ------------------------------------------------------------------------------------------------

// The orientation entry of the first directory of TIFF data.
int tiff_orientation(Bytes tiff) {
  constexpr uint32_t kOrientationTag = 0x0112;
  const bool is_big_endian = starts_with(tiff, 0, "MM");
  if (!is_big_endian && !starts_with(tiff, 0, "II")) return 1;
  const size_t directory = number(tiff, 4, 4, is_big_endian);
  const size_t count = number(tiff, directory, 2, is_big_endian);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (number(tiff, entry, 2, is_big_endian) != kOrientationTag) continue;
    const uint32_t value = number(tiff, entry + 8, 2, is_big_endian);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace

ImageFormat detect_image_format(Bytes bytes) {
  if (starts_with(bytes, 0, "\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (starts_with(bytes, 0, "\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (starts_with(bytes, 0, "RIFF") && starts_with(bytes, 8, "WEBP")) return ImageFormat::kWebp;
  if (starts_with(bytes, 0, "BM")) return ImageFormat::kBmp;
  if (starts_with(bytes, 0, "GIF87a") || starts_with(bytes, 0, "GIF89a")) return ImageFormat::kGif;
  return ImageFormat::kUnknown;
}

bool is_cut_off(Bytes bytes, ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return !has_jpeg_end(bytes);
    case ImageFormat::kPng:
      return !find_chunk(bytes, kPngLayout, "IEND");
    case ImageFormat::kWebp:
      return number(bytes, 4, 4, false) + uint64_t{8} > bytes.size();
    case ImageFormat::kBmp:
      return number(bytes, 2, 4, false) > bytes.size();
    case ImageFormat::kGif:
      return !has_whole_gif_image(bytes);
    case ImageFormat::kUnknown:
      return false;
  }
  return false;
}

bool is_animated_webp(Bytes bytes) {
  return detect_image_format(bytes) == ImageFormat::kWebp &&
         find_chunk(bytes, kWebpLayout, "ANIM").has_value();
}

int exif_orientation(Bytes bytes, ImageFormat format) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  std::optional<Bytes> tiff;
  if (format == ImageFormat::kJpeg) tiff = walk_jpeg(bytes).exif;
  if (format == ImageFormat::kPng) tiff = find_chunk(bytes, kPngLayout, "eXIf");
  if (format == ImageFormat::kWebp) tiff = find_chunk(bytes, kWebpLayout, "EXIF");
  if (!tiff) return 1;
  if (starts_with(*tiff, 0, kExif)) tiff = tiff->subspan(kExif.size());
  return tiff_orientation(*tiff);
}

}  // namespace retrace::data
