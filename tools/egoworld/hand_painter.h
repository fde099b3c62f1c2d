// The walker's hand and what it holds, drawn over the lower middle of a frame.
//
// The drawing is a function of the object and its state alone (0: before the object's first verb,
// 1: after it), so an action played backwards is its opposite.
//   cup    0: stands on a tray, the hand beside it; 1: lifted in the hand above the empty tray
//   box    0: closed; 1: lid up, bright inside
//   torch  0: a bare stick; 1: a flame
//   jar    0: empty glass; 1: full of water
//   flag   0: at the foot of its pole; 1: at the top
#pragma once

#include <optional>

#include "tools/egoworld/action.h"
#include "tools/egoworld/landmark.h"
#include "tools/egoworld/raster.h"

namespace retrace::egoworld {

// The colour at `u` (right of the picture's middle) and `v` (above its lower edge), both in half
// picture widths; nothing where neither hand nor object is.
std::optional<Color> held_color(HeldObject object, float state, Color skin, float u, float v);

void paint_hand(Raster& raster, HeldObject object, float state, Color skin);

}  // namespace retrace::egoworld
