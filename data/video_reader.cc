#include "data/video_reader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/error.h"
#include "data/frame_converter.h"
#include "data/media_file.h"
#include "data/packet_decoder.h"
#include "data/packet_index.h"

namespace retrace::data {
namespace {

// Pictures that may come out before an earlier one does: the largest picture buffer of H.264 and
// H.265. A frame that is still missing after so many later ones will not come.
constexpr int64_t kMaxReorderedPictures = 16;

// The container's figure is an exact fraction (30000/1001) where our own is spoilt by rounded
// timestamps, but it may be wrong; so it is taken when the timestamps agree with it.
double average_fps(const PacketIndex& index, AVStream& stream) {
  const AVRational stated =
      stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
  const double stated_fps = stated.num > 0 && stated.den > 0 ? av_q2d(stated) : 0;
  double measured_fps = 0;
  if (index.has_timestamps() && index.num_frames() > 1) {
    const int64_t span = index.pts_of_frame(index.num_frames() - 1) - index.pts_of_frame(0);
    measured_fps = static_cast<double>(index.num_frames() - 1) /
                   (static_cast<double>(span) * av_q2d(stream.time_base));
  }
  constexpr double kAgreement = 0.01, kAssumedFps = 25;
  if (measured_fps == 0) return stated_fps > 0 ? stated_fps : kAssumedFps;
  const bool agrees = std::abs(stated_fps - measured_fps) <= kAgreement * measured_fps;
  return agrees ? stated_fps : measured_fps;
}

VideoInfo describe(const PacketIndex& index, MediaFile& file) {
  AVStream& stream = file.stream();
  const std::string path = file.path().string();
  if (index.num_frames() == 0) {
    core::throw_<core::DataError>("{}: its video stream has no frames; is the file cut off?", path);
  }
  VideoInfo info;
  info.num_frames = index.num_frames();
  info.width = stream.codecpar->width;
  info.height = stream.codecpar->height;
  if (info.width <= 0 || info.height <= 0) {
    core::throw_<core::DataError>(
        "{}: its picture size is unknown; is the file damaged or cut off?", path);
  }
  info.fps = average_fps(index, stream);
  info.duration_seconds = static_cast<double>(info.num_frames) / info.fps;
  if (index.has_timestamps() && index.last_duration() > 0) {
    const int64_t span = index.pts_of_frame(info.num_frames - 1) - index.pts_of_frame(0);
    info.duration_seconds =
        static_cast<double>(span + index.last_duration()) * av_q2d(stream.time_base);
  }
  return info;
}

}  // namespace

struct VideoReader::Impl {
  explicit Impl(const std::filesystem::path& file) : Impl(std::make_unique<MediaFile>(file)) {}
  explicit Impl(std::unique_ptr<MediaFile> file)
      : path(file->path()),
        time_base(file->stream().time_base),
        index(*file),
        info(describe(index, *file)),
        decoder(std::move(file), index) {}

  double seconds(int64_t frame) const;
  void store(const AVFrame& image, int64_t frame, uint8_t* out_CYX);
  bool decode_until(int64_t target);
  void fetch(int64_t target);

  std::filesystem::path path;
  AVRational time_base;
  PacketIndex index;
  VideoInfo info;
  PacketDecoder decoder;
  FrameConverter converter;
  std::map<int64_t, uint8_t*> wanted;  // frame -> where its [3, Y, X] bytes go
};

double VideoReader::Impl::seconds(int64_t frame) const {
  if (!index.has_timestamps()) return static_cast<double>(frame) / info.fps;
  return static_cast<double>(index.pts_of_frame(frame) - index.pts_of_frame(0)) * av_q2d(time_base);
}

void VideoReader::Impl::store(const AVFrame& image, int64_t frame, uint8_t* out_CYX) {
  if (image.width != info.width || image.height != info.height) {
    core::throw_<core::DataError>(
        "{}: frame {} is {} x {} pixels, expected {} x {} as at the start; re-encode the video to "
        "one size",
        path.string(), frame, image.width, image.height, info.width, info.height);
  }
  try {
    converter.convert(image, out_CYX);
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: frame {}: {}", path.string(), frame, error.what());
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

void VideoReader::Impl::fetch(int64_t target) {
  decoder.position_for(target);
  if (decode_until(target)) return;
  // Some files call frames keyframes that are none: decode those from the start.
  if (!decoder.is_from_start()) {
    decoder.restart();
    if (decode_until(target)) return;
  }
  const std::string reason =
      decoder.last_error().empty() ? "the decoder gives no picture for it" : decoder.last_error();
  core::throw_<core::DataError>(
      "{}: frame {} of {} (at {:.3f} s) cannot be decoded: {}; is the file damaged or cut off?",
      path.string(), target, info.num_frames, seconds(target), reason);
}

VideoReader::VideoReader(const std::filesystem::path& file) : impl_(std::make_unique<Impl>(file)) {}
VideoReader::~VideoReader() = default;

const VideoInfo& VideoReader::info() const {
  return impl_->info;
}
const DecodeStats& VideoReader::stats() const {
  return impl_->decoder.stats();
}

VideoFrames VideoReader::read(std::span<const int64_t> frame_indices) {
  const VideoInfo& info = impl_->info;
  const int64_t num_out = static_cast<int64_t>(frame_indices.size());
  VideoFrames out;
  out.frames = at::empty({num_out, 3, info.height, info.width}, at::kByte);
  std::map<int64_t, int64_t> first_slot;  // frame -> its first place in the output
  impl_->wanted.clear();
  for (int64_t slot = 0; slot < num_out; ++slot) {
    const int64_t frame = frame_indices[slot];
    RETRACE_CHECK(frame >= 0 && frame < info.num_frames, "{}: frame index {}, expected [0, {})",
                  impl_->path.string(), frame, info.num_frames);
    out.pts_seconds.push_back(impl_->seconds(frame));
    if (first_slot.emplace(frame, slot).second) {
      impl_->wanted[frame] = out.frames[slot].mutable_data_ptr<uint8_t>();
    }
  }
  while (!impl_->wanted.empty()) impl_->fetch(impl_->wanted.begin()->first);
  for (int64_t slot = 0; slot < num_out; ++slot) {
    const int64_t source = first_slot.at(frame_indices[slot]);
    if (source != slot) out.frames[slot].copy_(out.frames[source]);
  }
  return out;
}

}  // namespace retrace::data
