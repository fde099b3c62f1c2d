#include "data/packet_index.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace retrace::data {

PacketIndex::PacketIndex(MediaFile& file) {
  read_packets(file);
  num_readable_packets_ = num_packets();
  append_cut_off_packets(file);
  list_pictures();
  check_timestamps();
  if (has_timestamps_) drop_frames_before_first_key();
  sort_frames();
}

void PacketIndex::check_number(const MediaFile& file, int64_t number) const {
  const int64_t limit = file.guard()->limits().max_packets;
  if (number <= limit) return;
  core::throw_<core::DataError>(
      "{}: has more than {} video packets (video.max_packets); cut it into shorter files, or raise "
      "the limit",
      file.path().string(), limit);
}

void PacketIndex::read_packets(MediaFile& file) {
  const UniquePacket packet(av_packet_alloc());
  while (file.read_packet(*packet)) {
    const bool is_key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    // Edit lists cut frames away that must still be decoded; the demuxer marks them.
    const bool is_cut_away = (packet->flags & AV_PKT_FLAG_DISCARD) != 0;
    const bool is_hidden = file.is_hidden(*packet);
    if (is_key) key_packets_.push_back(num_packets());
    packets_.push_back({packet->pts, packet->dts, packet->duration, is_key,
                        /*is_shown=*/!is_cut_away && !is_hidden, is_hidden});
    check_number(file, num_packets());
  }
}

// A file that lost its end would otherwise pass as a shorter video. Only mp4 and its like list
// every packet in front; their list holds decoding times only, so that the frames' own are
// estimated.
void PacketIndex::append_cut_off_packets(MediaFile& file) {
  if (packets_.empty()) return;
  const int num_listed = avformat_index_get_entries_count(&file.stream());
  const int64_t num_bytes = file.num_bytes();
  std::vector<bool> is_shown;  // of the packets that lie beyond the end
  for (int i = 0; i < num_listed; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(&file.stream(), i);
    if (entry->pos >= num_bytes) is_shown.push_back((entry->flags & AVINDEX_DISCARD_FRAME) == 0);
  }
  if (num_listed < num_packets() + static_cast<int64_t>(is_shown.size()))
    return;  // lists keyframes only
  check_number(file, num_listed);
  const int64_t duration = std::max<int64_t>(1, packets_.back().duration);
  int64_t pts = packets_.back().pts;
  for (const Packet& packet : packets_) pts = std::max(pts, packet.pts);
  for (const bool shown : is_shown) {
    pts += duration;
    packets_.push_back({pts, AV_NOPTS_VALUE, duration, /*is_key=*/false, shown,
                        /*is_hidden=*/false});
  }
}

void PacketIndex::list_pictures() {
  for (int64_t i = 0; i < num_packets(); ++i) {
    if (!packets_[i].is_hidden) packets_by_pts_.push_back(i);
  }
}

// As in recordings put one behind the other.
bool PacketIndex::time_starts_again() const {
  int64_t last_dts = AV_NOPTS_VALUE;  // the smallest number
  for (const Packet& packet : packets_) {
    if (packet.dts == AV_NOPTS_VALUE) continue;
    if (packet.dts < last_dts) return true;
    last_dts = packet.dts;
  }
  return false;
}

// Leaves packets_by_pts_ in the order of the file where that is all that is known.
void PacketIndex::check_timestamps() {
  const auto pts_of = [this](int64_t packet) { return packets_[packet].pts; };
  const bool all_have_pts =
      std::ranges::find(packets_by_pts_, AV_NOPTS_VALUE, pts_of) == packets_by_pts_.end();
  std::vector<int64_t> sorted = packets_by_pts_;
  std::ranges::sort(sorted, {}, pts_of);
  has_timestamps_ = all_have_pts && std::ranges::adjacent_find(sorted, {}, pts_of) == sorted.end();
  has_times_ = has_timestamps_ || (all_have_pts && !time_starts_again());
  if (has_timestamps_) packets_by_pts_ = std::move(sorted);
}

// A recording cut out of a longer stream may start inside a group of pictures: nothing can decode
// the frames shown before its first keyframe. Where that keyframe begins a closed group (MPEG-2,
// H.265 with RADL pictures) those that follow it in the file could be decoded; packets do not tell,
// so that they are left out too.
void PacketIndex::drop_frames_before_first_key() {
  if (key_packets_.empty()) return;
  const int64_t first_key = key_packets_.front();
  for (int64_t i = 0; i < num_packets(); ++i) {
    if (i < first_key || packets_[i].pts < packets_[first_key].pts) packets_[i].is_shown = false;
  }
}

void PacketIndex::sort_frames() {
  frame_of_packet_.assign(packets_.size(), -1);
  for (const int64_t packet : packets_by_pts_) {
    if (!packets_[packet].is_shown) continue;
    frame_of_packet_[packet] = num_frames();
    packet_of_frame_.push_back(packet);
  }
}

int64_t PacketIndex::num_readable_frames() const {
  const auto is_cut = [this](int64_t packet) { return packet >= num_readable_packets_; };
  return std::ranges::find_if(packet_of_frame_, is_cut) - packet_of_frame_.begin();
}

int64_t PacketIndex::first_pts() const {
  int64_t first = pts_of_frame(0);
  for (const int64_t packet : packet_of_frame_) first = std::min(first, packets_[packet].pts);
  return first;
}

int64_t PacketIndex::end_pts() const {
  int64_t end = pts_of_frame(num_frames() - 1);
  for (const int64_t packet : packet_of_frame_) {
    end = std::max(end, packets_[packet].pts + std::max<int64_t>(0, packets_[packet].duration));
  }
  return end;
}

bool PacketIndex::has_last_duration() const {
  const auto last = std::ranges::max_element(
      packet_of_frame_, {}, [this](int64_t packet) { return packets_[packet].pts; });
  return packets_[*last].duration > 0;
}

std::optional<int64_t> PacketIndex::packet_of_pts(int64_t pts) const {
  const auto found = std::ranges::lower_bound(
      packets_by_pts_, pts, {}, [this](int64_t packet) { return packets_[packet].pts; });
  if (found == packets_by_pts_.end() || packets_[*found].pts != pts) return std::nullopt;
  return *found;
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
