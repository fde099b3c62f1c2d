// What the first bytes of an image file say. Included by data/*.cc and their tests only.
#pragma once

#include <cstdint>
#include <span>

namespace retrace::data {

enum class ImageFormat { kUnknown, kJpeg, kPng, kWebp, kBmp, kGif };

ImageFormat detect_image_format(std::span<const uint8_t> bytes);

// Whether the file ends before its format says it does. Only what the markers tell; the decoder
// finds the rest.
bool is_cut_off(std::span<const uint8_t> bytes, ImageFormat format);

bool is_animated_webp(std::span<const uint8_t> bytes);

// EXIF orientation, 1 to 8; 1 (upright) if the file has none or a broken one.
int exif_orientation(std::span<const uint8_t> bytes, ImageFormat format);

}  // namespace retrace::data
