#include "tools/egoworld/raster.h"

namespace retrace::egoworld {

void Raster::resolve(uint8_t* planes) const {
  const int out_width = width_ / kScale;
  const int out_height = height_ / kScale;
  const size_t plane_size = static_cast<size_t>(out_width) * out_height;
  for (int y = 0; y < out_height; ++y) {
    for (int x = 0; x < out_width; ++x) {
      std::array<int, 3> sum{};
      for (int dy = 0; dy < kScale; ++dy) {
        for (int dx = 0; dx < kScale; ++dx) {
          const std::array<uint8_t, 3>& sample = rgb(x * kScale + dx, y * kScale + dy);
          for (int channel = 0; channel < 3; ++channel) sum[channel] += sample[channel];
        }
      }
      const size_t pixel = static_cast<size_t>(y) * out_width + x;
      for (int channel = 0; channel < 3; ++channel) {
        constexpr int kSamples = kScale * kScale;
        planes[channel * plane_size + pixel] =
            static_cast<uint8_t>((sum[channel] + kSamples / 2) / kSamples);
      }
    }
  }
}

}  // namespace retrace::egoworld
