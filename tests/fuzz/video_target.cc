#include <algorithm>
#include <vector>

#include "data/video_reader.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

void read_video(std::string_view bytes) {
  static const ScratchFolder folder;
  data::ReadLimits limits;
  limits.deadline_seconds = 10;
  limits.max_source_pixels = 512 * 512;
  limits.max_packets = 4096;
  const std::filesystem::path file = folder.write("clip", bytes);
  for (const data::Undecodable undecodable :
       {data::Undecodable::kThrow, data::Undecodable::kLeaveOut}) {
    expect_user_errors([&] {
      data::VideoReader reader(file, limits);
      const int64_t last = reader.info().num_frames - 1;
      static_cast<void>(reader.pts_seconds());
      const std::vector<int64_t> frames = {0, last / 2, last, std::min<int64_t>(1, last)};
      static_cast<void>(reader.read(frames, undecodable));
    });
  }
}

}  // namespace retrace::fuzz
