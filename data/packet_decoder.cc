#include "data/packet_decoder.h"

#include <utility>

#include "core/error.h"

namespace retrace::data {
namespace {

constexpr int64_t kPaddingPixels = 1 << 20;
constexpr int kMaxErrorsInARow = 1000;  // of the decoder without a picture: it will not recover

UniqueCodec open_decoder(const MediaFile& file, const AVStream& stream) {
  const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
  if (decoder == nullptr) {
    core::throw_<core::DataError>(
        "{}: this FFmpeg has no decoder for {} video; re-encode it as H.264", file.path().string(),
        avcodec_get_name(stream.codecpar->codec_id));
  }
  UniqueCodec codec(avcodec_alloc_context3(decoder));
  RETRACE_CHECK(codec != nullptr, "no memory for a decoder");
  RETRACE_AV_CHECK(avcodec_parameters_to_context(codec.get(), stream.codecpar),
                   "{}: cannot be decoded", file.path().string());
  codec->pkt_timebase = stream.time_base;
  codec->thread_count = 1;
  // Looser than the limit, which is checked exactly elsewhere: the decoder counts padding too.
  codec->max_pixels = 2 * file.guard()->limits().max_source_pixels + kPaddingPixels;
  RETRACE_AV_CHECK(avcodec_open2(codec.get(), decoder, nullptr), "{}: cannot be decoded",
                   file.path().string());
  return codec;
}

}  // namespace

PacketDecoder::PacketDecoder(std::unique_ptr<MediaFile> file, const PacketIndex& index)
    : file_(std::move(file)),
      index_(index),
      codec_(open_decoder(*file_, file_->stream())),
      packet_(av_packet_alloc()),
      image_(av_frame_alloc()) {
  RETRACE_CHECK(packet_ != nullptr && image_ != nullptr, "no memory for a packet");
}

void PacketDecoder::position_for(int64_t frame) {
  if (!is_ended_) end_packet_ = kNoEnd;
  const bool is_passed = frame <= last_frame_;
  if (!index_.has_timestamps() || has_false_keyframes_) {
    if (is_passed || next_packet_ < 0 || is_ended_) restart();
    return;
  }
  const int64_t key = index_.key_packet_of_frame(frame);
  if (key > next_packet_ || is_passed || is_ended_) seek_to_packet(key);
}

void PacketDecoder::restart() {
  seek_to_packet(0);
}

void PacketDecoder::seek_to_packet(int64_t packet) {
  const bool is_first_move = next_packet_ < 0;
  if (!(is_first_move && packet == 0)) ++stats_.seeks;
  avcodec_flush_buffers(codec_.get());
  has_packet_ = is_draining_ = is_ended_ = false;
  end_packet_ = kNoEnd;
  start_packet_ = next_packet_ = packet;
  damaged_packets_.clear();
  last_error_.clear();
  last_frame_ = -1;
  is_start_checked_ = packet == 0;
  if (!index_.has_timestamps()) {
    reopen_at(packet);
    return;
  }
  if (packet > 0) last_frame_ = index_.num_frames_before(index_.pts_of_packet(packet)) - 1;
  // Containers seek by pts or by dts; where both are tried in vain, reading from the start always
  // works.
  if (land_on(packet, index_.pts_of_packet(packet))) return;
  if (land_on(packet, index_.dts_of_packet(packet))) return;
  reopen_at(packet);
}

bool PacketDecoder::land_on(int64_t packet, int64_t timestamp) {
  if (timestamp == AV_NOPTS_VALUE || !file_->seek(timestamp)) return false;
  while (file_->read_packet(*packet_)) {
    if (file_->is_hidden(*packet_)) continue;
    const std::optional<int64_t> landed = index_.packet_of_pts(packet_->pts);
    if (!landed || *landed > packet) return false;
    if (*landed == packet) {
      has_packet_ = true;
      return true;
    }
  }
  return false;
}

void PacketDecoder::reopen_at(int64_t packet) {
  file_ = std::make_unique<MediaFile>(file_->guard());
  for (int64_t i = 0; i <= packet; ++i) has_packet_ = file_->read_packet(*packet_);
}

std::optional<PacketDecoder::Picture> PacketDecoder::decode_next(
    const std::function<bool(int64_t)>& is_needed) {
  int num_errors = 0;
  while (num_errors < kMaxErrorsInARow) {
    file_->guard()->check_time();
    const int status = avcodec_receive_frame(codec_.get(), image_.get());
    if (status == 0) return describe();
    if (status == AVERROR_EOF) return std::nullopt;
    if (status == AVERROR(EAGAIN)) {
      if (is_draining_) return std::nullopt;
      send_next(is_needed);
    } else {
      note_damage(next_packet_ - 1, av_error_text(status));
      ++num_errors;
    }
  }
  return std::nullopt;
}

void PacketDecoder::send_next(const std::function<bool(int64_t)>& is_needed) {
  is_ended_ = next_packet_ > end_packet_;
  const bool has_packet = !is_ended_ && (has_packet_ || file_->read_packet(*packet_));
  has_packet_ = false;
  if (!has_packet || next_packet_ >= index_.num_readable_packets()) {
    avcodec_send_packet(codec_.get(), nullptr);
    is_draining_ = true;
    return;
  }
  bool may_skip = false;
  if (index_.has_timestamps()) {
    const std::optional<int64_t> frame = index_.frame_of_pts(packet_->pts);
    may_skip = (!frame || !is_needed(*frame)) && next_packet_ != start_packet_;
  }
  codec_->skip_frame = may_skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
  const int status = avcodec_send_packet(codec_.get(), packet_.get());
  if (status < 0) {
    note_damage(next_packet_, av_error_text(status));
  } else if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
    note_damage(next_packet_, "its data is incomplete or damaged");
  }
  ++stats_.packets_decoded;
  ++next_packet_;
}

PacketDecoder::Picture PacketDecoder::describe() {
  std::optional<int64_t> frame, packet;
  if (index_.has_timestamps()) {
    const int64_t pts = image_->pts != AV_NOPTS_VALUE ? image_->pts : image_->best_effort_timestamp;
    frame = index_.frame_of_pts(pts);
    packet = index_.packet_of_pts(pts);
  } else {
    frame = last_frame_ + 1;
    packet = next_packet_ - 1;
  }
  if (frame && *frame > last_frame_) last_frame_ = *frame;
  if (packet && !is_start_checked_) check_start(*packet);
  if (packet && (image_->decode_error_flags != 0 || (image_->flags & AV_FRAME_FLAG_CORRUPT) != 0)) {
    note_damage(*packet, "its data is incomplete or damaged");
  }
  return {image_.get(), frame, is_damaged(frame)};
}

// Files made with periodic intra refresh mark frames as keyframes after which the picture only
// builds up. The decoder holds those back, so that the first picture is not the keyframe's.
void PacketDecoder::check_start(int64_t packet) {
  if (index_.pts_of_packet(packet) < index_.pts_of_packet(start_packet_)) return;
  is_start_checked_ = true;
  if (index_.is_shown(start_packet_) && packet != start_packet_) has_false_keyframes_ = true;
}

void PacketDecoder::note_damage(int64_t packet, std::string reason) {
  // After a seek into an open group of pictures its first pictures lack what they depend on; they
  // are not asked for.
  const bool is_expected = index_.has_timestamps() && start_packet_ > 0 &&
                           index_.pts_of_packet(packet) < index_.pts_of_packet(start_packet_);
  if (is_expected) return;
  damaged_packets_.insert(packet);
  last_error_ = std::move(reason);
}

bool PacketDecoder::is_damaged(std::optional<int64_t> frame) const {
  if (!index_.has_timestamps()) return !damaged_packets_.empty();
  if (!frame) return false;
  if (has_false_keyframes_ && start_packet_ > 0) return true;
  const auto first = damaged_packets_.lower_bound(index_.key_packet_of_frame(*frame));
  return first != damaged_packets_.end() && *first <= index_.packet_of_frame(*frame);
}

}  // namespace retrace::data
