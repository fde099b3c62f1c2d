#include "data/packet_index.h"

#include <algorithm>

namespace retrace::data {

PacketIndex::PacketIndex(MediaFile& file) {
  read_packets(file);
  check_timestamps();
  if (has_timestamps_) drop_frames_before_first_key();
  sort_frames();
}

void PacketIndex::read_packets(MediaFile& file) {
  const UniquePacket packet(av_packet_alloc());
  while (file.read_packet(*packet)) {
    const bool is_key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    // Edit lists cut frames away that must still be decoded; the demuxer marks them.
    const bool is_shown = (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
    if (is_key) key_packets_.push_back(num_packets());
    packets_.push_back({packet->pts, packet->dts, packet->duration, is_key, is_shown});
  }
}

void PacketIndex::check_timestamps() {
  const auto has_pts = [](const Packet& packet) { return packet.pts != AV_NOPTS_VALUE; };
  if (!std::all_of(packets_.begin(), packets_.end(), has_pts)) {
    has_timestamps_ = false;
    return;
  }
  packet_of_pts_.reserve(packets_.size());
  for (int64_t i = 0; i < num_packets(); ++i) {
    if (!packet_of_pts_.emplace(packets_[i].pts, i).second) has_timestamps_ = false;
  }
}

// A recording cut out of a longer stream may start inside a group of pictures: nothing can decode
// those frames.
void PacketIndex::drop_frames_before_first_key() {
  if (key_packets_.empty()) return;
  const int64_t first_key = key_packets_.front();
  for (int64_t i = 0; i < num_packets(); ++i) {
    if (i < first_key || packets_[i].pts < packets_[first_key].pts) packets_[i].is_shown = false;
  }
}

void PacketIndex::sort_frames() {
  for (int64_t i = 0; i < num_packets(); ++i) {
    if (packets_[i].is_shown) packet_of_frame_.push_back(i);
  }
  if (has_timestamps_) {
    std::sort(packet_of_frame_.begin(), packet_of_frame_.end(),
              [this](int64_t a, int64_t b) { return packets_[a].pts < packets_[b].pts; });
  }
  frame_of_packet_.assign(packets_.size(), -1);
  for (int64_t frame = 0; frame < num_frames(); ++frame) {
    frame_of_packet_[packet_of_frame_[frame]] = frame;
  }
  if (num_frames() > 0) last_duration_ = packets_[packet_of_frame_.back()].duration;
}

std::optional<int64_t> PacketIndex::packet_of_pts(int64_t pts) const {
  const auto found = packet_of_pts_.find(pts);
  if (found == packet_of_pts_.end()) return std::nullopt;
  return found->second;
}

std::optional<int64_t> PacketIndex::frame_of_pts(int64_t pts) const {
  const std::optional<int64_t> packet = packet_of_pts(pts);
  if (!packet || frame_of_packet_[*packet] < 0) return std::nullopt;
  return frame_of_packet_[*packet];
}

int64_t PacketIndex::num_frames_before(int64_t pts) const {
  const auto found = std::lower_bound(
      packet_of_frame_.begin(), packet_of_frame_.end(), pts,
      [this](int64_t packet, int64_t bound) { return packets_[packet].pts < bound; });
  return found - packet_of_frame_.begin();
}

int64_t PacketIndex::key_packet_of_frame(int64_t frame) const {
  const int64_t packet = packet_of_frame(frame);
  auto key = std::upper_bound(key_packets_.begin(), key_packets_.end(), packet);
  while (key != key_packets_.begin()) {
    --key;
    if (packets_[*key].pts <= packets_[packet].pts) return *key;
  }
  return 0;
}

}  // namespace retrace::data
