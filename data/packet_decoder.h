// Decodes a video forward from any keyframe and tells which frame each picture is. Included by
// data/*.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "data/media_file.h"
#include "data/packet_index.h"
#include "data/video_reader.h"

namespace retrace::data {

class PacketDecoder {
 public:
  // `file` may stand anywhere; `index` is its index and must outlive the decoder.
  PacketDecoder(std::unique_ptr<MediaFile> file, const PacketIndex& index);

  // Makes `frame` reachable by decode_next: seeks if a keyframe for it lies ahead of the position,
  // or if the frame was passed already; does nothing otherwise.
  void position_for(int64_t frame);
  // Until the next seek no packet after this one is decoded: what the decoder holds back for the
  // order of presentation comes out at once. The next position_for then seeks.
  void end_after_packet(int64_t packet) { end_packet_ = packet; }
  // Makes every frame reachable, from the first packet of the file on.
  void restart();

  // Decodes the next picture. `is_needed(frame)` tells whether anybody wants the frame: pictures
  // that no other depends on are skipped otherwise. Nothing at the end of the file.
  struct Picture {
    const AVFrame* image;          // owned by the decoder, until the next call
    std::optional<int64_t> frame;  // nothing: a picture that no packet announced
    bool is_damaged;               // it, or one it may depend on, did not decode cleanly
  };
  std::optional<Picture> decode_next(const std::function<bool(int64_t)>& is_needed);

  // Whether decoding began at the first packet: then another try from there gives nothing new.
  bool is_from_start() const { return start_packet_ == 0; }
  // Why a packet did not decode; empty if all did since the last seek.
  const std::string& last_error() const { return last_error_; }
  const DecodeStats& stats() const { return stats_; }

 private:
  static constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();
  void send_next(const std::function<bool(int64_t)>& is_needed);
  Picture describe();
  void check_start(int64_t packet);
  bool is_damaged(std::optional<int64_t> frame) const;
  void note_damage(int64_t packet, std::string reason);
  void seek_to_packet(int64_t packet);
  bool land_on(int64_t packet, int64_t timestamp);
  void reopen_at(int64_t packet);

  std::unique_ptr<MediaFile> file_;
  const PacketIndex& index_;
  UniqueCodec codec_;
  UniquePacket packet_;  // number next_packet_, when has_packet_
  UniqueFrame image_;
  bool has_packet_ = false, is_draining_ = false;
  int64_t start_packet_ = 0;     // where decoding began
  int64_t end_packet_ = kNoEnd;  // the last one to send
  bool is_ended_ = false;        // it was sent, and more were there
  int64_t next_packet_ = -1;     // the next one to send; -1: not positioned yet
  int64_t last_frame_ = -1;      // the latest frame that came out or that lies before start_packet_
  bool is_start_checked_ = false;
  bool has_false_keyframes_ = false;   // found once, no keyframe but the first is trusted again
  std::set<int64_t> damaged_packets_;  // since the last seek
  std::string last_error_;
  DecodeStats stats_;
};

}  // namespace retrace::data
