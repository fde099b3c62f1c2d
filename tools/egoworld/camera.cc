#include "tools/egoworld/camera.h"

#include <cmath>

namespace retrace::egoworld {

Camera::Camera(const Pose& pose, int width, int height)
    : x_m_(static_cast<float>(pose.x_m)),
      y_m_(static_cast<float>(pose.y_m)),
      eye_height_m_(static_cast<float>(pose.eye_height_m)),
      sine_(static_cast<float>(std::sin(pose.heading_rad))),
      cosine_(static_cast<float>(std::cos(pose.heading_rad))),
      focal_(static_cast<float>(width) / 2),
      horizon_row_(0.44F * static_cast<float>(height)),
      center_column_(static_cast<float>(width) / 2) {}

Camera::Ray Camera::ray(int column) const {
  const float right = (static_cast<float>(column) + 0.5F - center_column_) / focal_;
  return {sine_ + right * cosine_, cosine_ - right * sine_};
}

Camera::Projected Camera::project(double x_m, double y_m) const {
  const float east = static_cast<float>(x_m) - x_m_;
  const float north = static_cast<float>(y_m) - y_m_;
  const float depth = east * sine_ + north * cosine_;
  const float right = east * cosine_ - north * sine_;
  return {depth, depth > 0 ? center_column_ + focal_ * right / depth : 0};
}

}  // namespace retrace::egoworld
