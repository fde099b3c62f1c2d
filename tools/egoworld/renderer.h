// Renders a walk as a first-person video: a ray caster for corridors with floor and ceiling, or for
// streets under the sky; landmarks as silhouettes on the four corners of their crossing above a
// patch of their colour on floor and ceiling; and the walker's hand where it does something.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "tools/egoworld/action_plan.h"
#include "tools/egoworld/route.h"
#include "tools/egoworld/scene_look.h"
#include "tools/egoworld/walk.h"

namespace retrace::egoworld {

struct RenderOptions {
  int64_t width = 84, height = 56;  // pixels; even, kMinSide to kMaxSide
};
inline constexpr int64_t kMinSide = 16, kMaxSide = 2048;

// Where a landmark's silhouettes (not its floor patch) are seen: one box around all visible parts.
struct VisibleBox {
  int64_t frame = 0;
  int64_t junction = 0;                    // index into Route::landmarks
  int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // pixels, half-open
};

struct Rendering {
  at::Tensor frames_FCYX;         // [F, 3, Y, X] uint8, RGB
  std::vector<VisibleBox> boxes;  // ordered by frame, then junction
};

// The landmark's four silhouettes stand this far from their crossing's centre, along both axes.
inline constexpr double kLandmarkOffsetMetres = 0.56;

// Pure; the horizontal field of view is 90 degrees. Throws InternalError for sizes outside
// RenderOptions' limits.
Rendering render_clip(const Route& route, const std::vector<Pose>& poses, const SceneLook& look,
                      const RenderOptions& options, const std::vector<TimedAction>& actions = {});

}  // namespace retrace::egoworld
