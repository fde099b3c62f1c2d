// Bounds on the sizes in config.json, far above any model of these families, so that products of
// sizes stay well inside int64.
#pragma once

#include <cstdint>

namespace retrace::model {

inline constexpr int64_t kMaxWidth = 1 << 18;
inline constexpr int64_t kMaxVocab = 1 << 24;
inline constexpr int64_t kMaxLayers = 4096;
inline constexpr int64_t kMaxPositions = int64_t{1} << 40;

}  // namespace retrace::model
