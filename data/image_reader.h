// Reads an image file (JPEG, PNG, WebP, BMP, GIF; told by content, not by name) as the reference
// processors do, through FFmpeg's decoders.
//
// Two published paths lead from a file to RGB, and they differ; ImageReading names which one is
// followed:
//
//   kTransformers   image_utils.load_image: EXIF orientation applied, then Pillow's convert("RGB"),
//                   which drops alpha
//   kQwenVlUtils    vision_process.fetch_image: stored orientation, RGBA pasted onto white
//
// Grey becomes three equal channels, palettes are looked up, 16-bit RGB keeps its upper
// byte. CMYK is multiplied by FFmpeg's decoder, which rounds down where Pillow rounds to the
// nearest: most values of a CMYK JPEG are one level darker, white is 254. Of an animated GIF the
// first frame counts; an animated WebP is refused, since FFmpeg 5 does not decode it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>

namespace retrace::data {

enum class ImageReading { kTransformers, kQwenVlUtils };

struct ImageOptions {
  ImageReading reading = ImageReading::kTransformers;
  int64_t resize_factor = 28;    // both sides become multiples of this
  int64_t min_pixels = 56 * 56;  // after resizing
  int64_t max_pixels = 14 * 14 * 4 * 16384;
  int64_t max_source_pixels = 178956970;  // larger files are refused before their pixels are
                                          // decoded; Pillow's own limit
};

// Throws ConfigError for the first option out of its range.
void validate(const ImageOptions& options);

// [3, Y, X] uint8 RGB, at the file's own size. Throws DataError with the path: missing, no known
// image format, damaged or cut off, too large, 16-bit grey (which the reference saturates to
// white).
at::Tensor read_image(const std::filesystem::path& file, const ImageOptions& options);

// The same, resized for the model: [1, 3, Y, X] uint8.
at::Tensor load_image(const std::filesystem::path& file, const ImageOptions& options);

}  // namespace retrace::data
