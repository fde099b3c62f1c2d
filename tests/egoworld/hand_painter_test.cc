#include "tools/egoworld/hand_painter.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/clip.h"
#include "tools/egoworld/renderer.h"

namespace retrace::egoworld {
namespace {

constexpr Color kSkin = {208, 152, 114};

// [3, 56, 84] bytes over black.
at::Tensor picture(HeldObject object, float state) {
  Raster raster(84, 56);
  paint_hand(raster, object, state, kSkin);
  at::Tensor picture = at::empty({3, 56, 84}, at::kByte);
  raster.resolve(picture.data_ptr<uint8_t>());
  return picture;
}

int64_t num_different_pixels(const at::Tensor& a_CYX, const at::Tensor& b_CYX, int step = 40) {
  const at::Tensor difference = (a_CYX.to(at::kInt) - b_CYX.to(at::kInt)).abs().amax(0);
  return (difference > step).sum().item<int64_t>();
}

TEST(HandPainter, BeforeAndAfterDifferClearly) {
  for (int64_t i = 0; i < kNumHeldObjects; ++i) {
    const auto object = static_cast<HeldObject>(i);
    EXPECT_GT(num_different_pixels(picture(object, 0), picture(object, 1)), 120)
        << to_string(object);
  }
}

TEST(HandPainter, ObjectsDifferClearlyInEitherState) {
  for (int64_t a = 0; a < kNumHeldObjects; ++a) {
    for (int64_t b = a + 1; b < kNumHeldObjects; ++b) {
      for (const float state_a : {0.0F, 1.0F}) {
        for (const float state_b : {0.0F, 1.0F}) {
          EXPECT_GT(num_different_pixels(picture(static_cast<HeldObject>(a), state_a),
                                         picture(static_cast<HeldObject>(b), state_b)),
                    120)
              << to_string(static_cast<HeldObject>(a)) << " "
              << to_string(static_cast<HeldObject>(b));
        }
      }
    }
  }
}

TEST(HandPainter, LeavesTheUpperPartOfThePictureFree) {
  for (int64_t i = 0; i < kNumHeldObjects; ++i) {
    for (const float state : {0.0F, 0.5F, 1.0F})
      EXPECT_EQ(picture(static_cast<HeldObject>(i), state).slice(1, 0, 14).sum().item<int64_t>(),
                0);
  }
}

// The same walk with and without actions: only the acting frames differ, and each of them does.
TEST(HandPainter, ActingFramesShowAHandAndOthersNone) {
  for (const ThemeChoice theme : {ThemeChoice::kIndoor, ThemeChoice::kOutdoor}) {
    WorldOptions walking;
    walking.seed = 14;
    walking.theme = theme;
    WorldOptions acting = walking;
    acting.tasks = {data::Task::kAction};
    for (int64_t index = 0; index < 6; ++index) {
      const Clip clip = make_clip(acting, index);
      ASSERT_EQ(clip.actions.size(), 3U);
      const at::Tensor without = render(walking, make_clip(walking, index)).frames_FCYX;
      const at::Tensor with = render(acting, clip).frames_FCYX;
      for (int64_t frame = 0; frame < without.size(0); ++frame) {
        bool acts = false;
        for (const TimedAction& timed : clip.actions)
          acts = acts || (frame >= timed.first_frame && frame < timed.end_frame);
        const int64_t different = num_different_pixels(with[frame], without[frame], 24);
        EXPECT_EQ(different > 80, acts) << "clip " << index << " frame " << frame;
        EXPECT_TRUE(acts || different == 0);
      }
    }
  }
}

}  // namespace
}  // namespace retrace::egoworld
