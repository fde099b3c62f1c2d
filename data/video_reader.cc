#include "data/video_reader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/error.h"
#include "data/container_length.h"
#include "data/frame_converter.h"
#include "data/media_file.h"
#include "data/orientation.h"
#include "data/packet_decoder.h"
#include "data/packet_index.h"

namespace retrace::data {
namespace {

// Pictures that may come out before an earlier one does: the largest picture buffer of H.264 and
// H.265. A frame that is still missing after so many later ones will not come.
constexpr int64_t kMaxReorderedPictures = 16;

// Note [Frames per second]
double average_fps(const PacketIndex& index, AVStream& stream) {
  const AVRational stated =
      stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
  const double stated_fps = stated.num > 0 && stated.den > 0 ? av_q2d(stated) : 0;
  double measured_fps = 0;
  if (index.has_times() && index.num_frames() > 1 && index.end_pts() > index.first_pts()) {
    const int64_t span = index.end_pts() - index.first_pts();
    const int64_t num_intervals = index.num_frames() - (index.has_last_duration() ? 0 : 1);
    measured_fps =
        static_cast<double>(num_intervals) / (static_cast<double>(span) * av_q2d(stream.time_base));
  }
  constexpr double kAgreement = 0.01, kAssumedFps = 25;
  if (measured_fps == 0) return stated_fps > 0 ? stated_fps : kAssumedFps;
  const bool agrees = std::abs(stated_fps - measured_fps) <= kAgreement * measured_fps;
  return agrees ? stated_fps : measured_fps;
}

void check_picture_size(const AVCodecParameters& stream, const ReadGuard& guard) {
  const std::string path = guard.file().string();
  if (stream.width <= 0 || stream.height <= 0) {
    core::throw_<core::DataError>(
        "{}: its picture size is unknown; is the file damaged or cut off?", path);
  }
  const int64_t num_pixels = int64_t{stream.width} * stream.height;
  if (num_pixels > guard.limits().max_source_pixels) {
    core::throw_<core::DataError>(
        "{}: its frames have {} x {} = {} pixels, at most {} are allowed "
        "(video.max_source_pixels); scale it down, or raise the limit",
        path, stream.width, stream.height, num_pixels, guard.limits().max_source_pixels);
  }
}

VideoInfo describe(const PacketIndex& index, MediaFile& file) {
  AVStream& stream = file.stream();
  if (index.num_frames() == 0) {
    core::throw_<core::DataError>("{}: its video stream has no frames; is the file cut off?",
                                  file.path().string());
  }
  check_picture_size(*stream.codecpar, *file.guard());
  VideoInfo info;
  info.num_frames = index.num_frames();
  info.num_readable_frames = index.num_readable_frames();
  info.is_cut_off = info.num_readable_frames < info.num_frames || file.has_given_up() ||
                    is_shorter_than_announced(file.path());
  info.width = stream.codecpar->width;
  info.height = stream.codecpar->height;
  if (orientation_of(stream).transpose) std::swap(info.width, info.height);
  info.fps = average_fps(index, stream);
  info.duration_seconds = static_cast<double>(info.num_frames) / info.fps;
  if (index.has_timestamps() && index.has_last_duration()) {
    info.duration_seconds =
        static_cast<double>(index.end_pts() - index.pts_of_frame(0)) * av_q2d(stream.time_base);
  }
  return info;
}

}  // namespace

struct VideoReader::Impl {
  Impl(const std::filesystem::path& file, const ReadLimits& limits)
      : Impl(std::make_unique<MediaFile>(std::make_shared<ReadGuard>(file, limits))) {}
  explicit Impl(std::unique_ptr<MediaFile> file)
      : guard(file->guard()),
        time_base(file->stream().time_base),
        stored_width(file->stream().codecpar->width),
        stored_height(file->stream().codecpar->height),
        converter(orientation_of(file->stream())),
        index(*file),
        info(describe(index, *file)),
        decoder(std::move(file), index) {
    guard->pause();
  }

  std::string path() const { return guard->file().string(); }
  double seconds(int64_t frame) const;
  void store(const AVFrame& image, int64_t frame, uint8_t* out_CYX);
  bool decode_until(int64_t target);
  bool is_next_in_a_later_group(int64_t target) const;
  bool fetch(int64_t target);
  std::set<int64_t> fetch_all(Undecodable undecodable);
  std::string why_undecodable(int64_t frame) const;
  [[noreturn]] void throw_undecodable(int64_t frame) const;

  std::shared_ptr<ReadGuard> guard;
  AVRational time_base;
  int stored_width, stored_height;
  FrameConverter converter;
  PacketIndex index;
  VideoInfo info;
  PacketDecoder decoder;
  std::map<int64_t, uint8_t*> wanted;  // frame -> where its [3, Y, X] bytes go
  bool is_restart_futile = false;      // it did not help either, once
};

double VideoReader::Impl::seconds(int64_t frame) const {
  if (!index.has_timestamps()) return static_cast<double>(frame) / info.fps;
  return static_cast<double>(index.pts_of_frame(frame) - index.pts_of_frame(0)) * av_q2d(time_base);
}

void VideoReader::Impl::store(const AVFrame& image, int64_t frame, uint8_t* out_CYX) {
  if (image.width != stored_width || image.height != stored_height) {
    core::throw_<core::DataError>(
        "{}: frame {} is {} x {} pixels, expected {} x {} as at the start; re-encode the video to "
        "one size",
        path(), frame, image.width, image.height, stored_width, stored_height);
  }
  try {
    converter.convert(image, out_CYX);
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: frame {}: {}", path(), frame, error.what());
  }
}

// Decodes forward and stores every wanted frame on the way; true once `target` is stored.
bool VideoReader::Impl::decode_until(int64_t target) {
  const int64_t last_wanted = wanted.rbegin()->first;
  // Frames after the last wanted one may be asked for by the next call, which goes on from here.
  const auto is_needed = [&](int64_t frame) {
    return frame > last_wanted || wanted.contains(frame);
  };
  int64_t num_later = 0;
  while (const auto picture = decoder.decode_next(is_needed)) {
    if (!picture->frame) continue;
    const auto slot = wanted.find(*picture->frame);
    if (slot != wanted.end() && !picture->is_damaged) {
      store(*picture->image, slot->first, slot->second);
      wanted.erase(slot);
    }
    if (*picture->frame == target) return !picture->is_damaged;
    if (*picture->frame > target && ++num_later > kMaxReorderedPictures) return false;
  }
  return false;
}

// Whether the frame wanted after `target` has a keyframe behind it to begin from. After the last
// one the next call may go on.
bool VideoReader::Impl::is_next_in_a_later_group(int64_t target) const {
  const auto next = wanted.upper_bound(target);
  return index.has_timestamps() && next != wanted.end() &&
         index.key_packet_of_frame(next->first) > index.packet_of_frame(target);
}

// True once `target` is stored.
bool VideoReader::Impl::fetch(int64_t target) {
  if (index.packet_of_frame(target) >= index.num_readable_packets()) return false;
  decoder.position_for(target);
  if (is_next_in_a_later_group(target)) decoder.end_after_packet(index.packet_of_frame(target));
  if (decode_until(target)) return true;
  // Some files call frames keyframes that are none: decode those from the start.
  if (decoder.is_from_start() || is_restart_futile) return false;
  decoder.restart();
  if (decode_until(target)) return true;
  is_restart_futile = true;
  return false;
}

// Stores what is wanted; gives back the frames that cannot be had.
std::set<int64_t> VideoReader::Impl::fetch_all(Undecodable undecodable) {
  const ReadGuard::Turn turn(*guard);
  std::set<int64_t> missing;
  while (!wanted.empty()) {
    const int64_t target = wanted.begin()->first;
    if (fetch(target)) continue;
    if (undecodable == Undecodable::kThrow) throw_undecodable(target);
    missing.insert(target);
    wanted.erase(target);
  }
  return missing;
}

std::string VideoReader::Impl::why_undecodable(int64_t frame) const {
  if (index.packet_of_frame(frame) >= index.num_readable_packets())
    return "the file ends before it";
  if (!decoder.last_error().empty()) return decoder.last_error();
  if (!decoder.is_from_start()) return "the decoder gives no picture for it";
  return "its packet holds no picture of its own, like the second field of an interlaced video "
         "('ffmpeg -i in -vf yadif out' makes whole frames) or one that is damaged";
}

void VideoReader::Impl::throw_undecodable(int64_t frame) const {
  core::throw_<core::DataError>(
      "{}: frame {} of {} (at {:.3f} s) cannot be decoded: {}; copy, download or encode the file "
      "again, or set video.allow_partial",
      path(), frame, info.num_frames, seconds(frame), why_undecodable(frame));
}

VideoReader::VideoReader(const std::filesystem::path& file, const ReadLimits& limits)
    : impl_(std::make_unique<Impl>(file, limits)) {}
VideoReader::~VideoReader() = default;

const VideoInfo& VideoReader::info() const {
  return impl_->info;
}
const DecodeStats& VideoReader::stats() const {
  return impl_->decoder.stats();
}

std::vector<double> VideoReader::pts_seconds() const {
  std::vector<double> seconds;
  for (int64_t i = 0; i < impl_->info.num_frames; ++i) seconds.push_back(impl_->seconds(i));
  return seconds;
}

VideoFrames VideoReader::read(std::span<const int64_t> frame_indices, Undecodable undecodable) {
  const VideoInfo& info = impl_->info;
  const int64_t num_out = static_cast<int64_t>(frame_indices.size());
  VideoFrames out;
  out.frames = at::empty({num_out, 3, info.height, info.width}, at::kByte);
  std::map<int64_t, int64_t> first_slot;  // frame -> its first place in the output
  impl_->wanted.clear();
  for (int64_t slot = 0; slot < num_out; ++slot) {
    const int64_t frame = frame_indices[slot];
    RETRACE_CHECK(frame >= 0 && frame < info.num_frames, "{}: frame index {}, expected [0, {})",
                  impl_->path(), frame, info.num_frames);
    if (first_slot.emplace(frame, slot).second) {
      impl_->wanted[frame] = out.frames[slot].mutable_data_ptr<uint8_t>();
    }
  }
  const std::set<int64_t> missing = impl_->fetch_all(undecodable);
  int64_t num_kept = 0;
  for (int64_t slot = 0; slot < num_out; ++slot) {
    const int64_t frame = frame_indices[slot];
    if (missing.contains(frame)) continue;
    const int64_t source = first_slot.at(frame);
    if (source == slot) first_slot[frame] = num_kept;  // where it is from now on
    if (source != num_kept) out.frames[num_kept].copy_(out.frames[source]);
    out.frame_indices.push_back(frame);
    out.pts_seconds.push_back(impl_->seconds(frame));
    ++num_kept;
  }
  out.frames = out.frames.narrow(0, 0, num_kept);
  return out;
}

}  // namespace retrace::data
