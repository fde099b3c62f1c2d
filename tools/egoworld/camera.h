// The walker's eye: where a picture column looks, and where a point of the world appears.
#pragma once

#include "tools/egoworld/walk.h"

namespace retrace::egoworld {

// Depths are metres along the viewing direction (not along the ray), so straight walls stay
// straight.
class Camera {
 public:
  // `width` and `height` in samples. 90 degrees wide; the horizon lies above the middle, as for
  // someone who looks slightly down.
  Camera(const Pose& pose, int width, int height);

  struct Ray {
    float x, y;  // metres east and north per metre of depth
  };
  Ray ray(int column) const;

  struct Projected {
    float depth_m;
    float column;  // of the point, in samples; meaningless unless depth_m > 0
  };
  Projected project(double x_m, double y_m) const;

  float row_of(float height_m, float depth_m) const {  // height above the floor
    return horizon_row_ - focal_ * (height_m - eye_height_m_) / depth_m;
  }
  float focal() const { return focal_; }  // samples
  float x_m() const { return x_m_; }
  float y_m() const { return y_m_; }

 private:
  float x_m_, y_m_, eye_height_m_;
  float sine_, cosine_;  // of the heading
  float focal_, horizon_row_, center_column_;
};

}  // namespace retrace::egoworld
