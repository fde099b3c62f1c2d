// The picture a frame is drawn into: supersampled colours, and which landmark each sample shows.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tools/egoworld/landmark.h"

namespace retrace::egoworld {

class Raster {
 public:
  static constexpr int kScale = 2;  // samples per pixel and axis
  static constexpr int8_t kNoOwner = -1;

  Raster(int64_t width_px, int64_t height_px)
      : width_(static_cast<int>(width_px) * kScale),
        height_(static_cast<int>(height_px) * kScale),
        rgb_(static_cast<size_t>(width_) * height_),
        owner_(rgb_.size()) {}

  int width() const { return width_; }    // samples
  int height() const { return height_; }  // samples

  void set(int column, int row, Color color, int8_t owner = kNoOwner) {
    const size_t index = static_cast<size_t>(row) * width_ + column;
    rgb_[index] = {to_byte(color.red), to_byte(color.green), to_byte(color.blue)};
    owner_[index] = owner;
  }
  const std::array<uint8_t, 3>& rgb(int column, int row) const {
    return rgb_[static_cast<size_t>(row) * width_ + column];
  }
  int8_t owner(int column, int row) const {
    return owner_[static_cast<size_t>(row) * width_ + column];
  }

  // Averages the samples of each pixel into three planes of (Y, X) bytes that follow each other at
  // `planes`.
  void resolve(uint8_t* planes) const;

 private:
  static uint8_t to_byte(float value) {
    return value >= 255 ? 255 : static_cast<uint8_t>(value + 0.5F);
  }

  int width_, height_;
  std::vector<std::array<uint8_t, 3>> rgb_;  // [height][width]
  std::vector<int8_t> owner_;                // [height][width]
};

}  // namespace retrace::egoworld
