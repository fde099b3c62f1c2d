// Where every frame of a video lies: built by one pass over the packets, without decoding. Included
// by data/*.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "data/media_file.h"

namespace retrace::data {

// Packets are numbered in file (decoding) order, frames in presentation order, both from 0.
// Timestamps are in the stream's time base.
class PacketIndex {
 public:
  explicit PacketIndex(MediaFile& file);

  int64_t num_packets() const { return static_cast<int64_t>(packets_.size()); }
  int64_t num_frames() const { return static_cast<int64_t>(packet_of_frame_.size()); }

  // Whether every packet has a timestamp of its own. If not, a frame can only be found by counting
  // the decoder's output from the start, and the functions below that speak of timestamps must not
  // be called.
  bool has_timestamps() const { return has_timestamps_; }

  int64_t packet_of_frame(int64_t frame) const { return packet_of_frame_[frame]; }
  int64_t pts_of_frame(int64_t frame) const { return packets_[packet_of_frame_[frame]].pts; }
  int64_t pts_of_packet(int64_t packet) const { return packets_[packet].pts; }
  int64_t dts_of_packet(int64_t packet) const {
    return packets_[packet].dts;
  }  // may be AV_NOPTS_VALUE
  std::optional<int64_t> packet_of_pts(int64_t pts) const;
  std::optional<int64_t> frame_of_pts(int64_t pts) const;  // nothing for a packet that is not shown

  int64_t num_frames_before(int64_t pts) const;

  // The last keyframe that is shown no later than `frame` and decoded no later: where decoding must
  // start. (The keyframe just before it in the file is not enough: the first frames shown of an
  // open group of pictures depend on the group before.)
  int64_t key_packet_of_frame(int64_t frame) const;

  int64_t last_duration() const { return last_duration_; }  // of the frame shown last; 0 if unknown

 private:
  struct Packet {
    int64_t pts, dts, duration;
    bool is_key, is_shown;
  };
  void read_packets(MediaFile& file);
  void check_timestamps();
  void drop_frames_before_first_key();
  void sort_frames();

  std::vector<Packet> packets_;
  std::vector<int64_t> packet_of_frame_;
  std::vector<int64_t> key_packets_;
  std::unordered_map<int64_t, int64_t> packet_of_pts_;
  std::vector<int64_t> frame_of_packet_;  // -1: not shown
  bool has_timestamps_ = true;
  int64_t last_duration_ = 0;
};

}  // namespace retrace::data
