// Where every frame of a video lies: built by one pass over the packets, without decoding. Included
// by data/*.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/media_file.h"

namespace retrace::data {

// Packets are numbered in file (decoding) order, frames in presentation order, both from 0.
// Timestamps are in the stream's time base.
class PacketIndex {
 public:
  // Reads the whole file, without keeping its data. Throws DataError when it has more packets than
  // the limit.
  explicit PacketIndex(MediaFile& file);

  int64_t num_packets() const { return static_cast<int64_t>(packets_.size()); }
  // Packets from this number on are listed in the header of the file, but the file ends before
  // them.
  int64_t num_readable_packets() const { return num_readable_packets_; }
  int64_t num_frames() const { return static_cast<int64_t>(packet_of_frame_.size()); }
  // Frames before the first one whose packet is not readable.
  int64_t num_readable_frames() const;

  // Whether every packet has a timestamp of its own, hidden ones (MediaFile::is_hidden) apart: they
  // often share their successor's. If not, a frame can only be found by counting the decoder's
  // output from the start, and the functions below that speak of timestamps must not be called.
  bool has_timestamps() const { return has_timestamps_; }

  int64_t packet_of_frame(int64_t frame) const { return packet_of_frame_[frame]; }
  int64_t pts_of_frame(int64_t frame) const { return packets_[packet_of_frame_[frame]].pts; }
  int64_t pts_of_packet(int64_t packet) const { return packets_[packet].pts; }
  int64_t dts_of_packet(int64_t packet) const {
    return packets_[packet].dts;
  }  // may be AV_NOPTS_VALUE
  bool is_shown(int64_t packet) const { return packets_[packet].is_shown; }
  std::optional<int64_t> packet_of_pts(int64_t pts) const;  // never a hidden one
  std::optional<int64_t> frame_of_pts(int64_t pts) const;  // nothing for a packet that is not shown

  int64_t num_frames_before(int64_t pts) const;

  // The last keyframe that is shown no later than `frame` and decoded no later: where decoding must
  // start. (The keyframe just before it in the file is not enough: the first frames shown of an
  // open group of pictures depend on the group before.)
  int64_t key_packet_of_frame(int64_t frame) const;

  // Whether every packet has a timestamp, be it another one's too, of a time that goes on through
  // the file. Then, with at least one frame:
  bool has_times() const { return has_times_; }
  int64_t first_pts() const;  // the smallest of all frames
  // When the last frame stops being shown: the largest pts + duration of all frames.
  int64_t end_pts() const;
  // Whether the last frame has a duration, so that end_pts() is an end and not the last start.
  bool has_last_duration() const;

 private:
  struct Packet {
    int64_t pts, dts, duration;
    bool is_key, is_shown, is_hidden;
  };
  void check_number(const MediaFile& file, int64_t num_packets) const;
  void read_packets(MediaFile& file);
  void list_pictures();
  bool time_starts_again() const;
  void append_cut_off_packets(MediaFile& file);
  void check_timestamps();
  void drop_frames_before_first_key();
  void sort_frames();

  std::vector<Packet> packets_;
  std::vector<int64_t> packet_of_frame_;
  std::vector<int64_t> key_packets_;
  std::vector<int64_t> packets_by_pts_;   // their numbers, sorted; without hidden ones
  std::vector<int64_t> frame_of_packet_;  // -1: not shown
  int64_t num_readable_packets_ = 0;
  bool has_times_ = true, has_timestamps_ = true;
};

}  // namespace retrace::data
