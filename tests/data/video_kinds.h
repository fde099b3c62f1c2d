// The kinds of video file that people have, each made with the ffmpeg program: the rows of
// docs/video_files.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/data/video_fixtures.h"

namespace retrace::test {

enum class Expected {
  kExact,   // every frame equals ffmpeg's own decode, in sequence and after seeks
  kError,   // opening or reading is an error
  kPartial  // an error, and with allow_partial the frames that are there, each equal
};

struct VideoKind {
  std::string title;
  std::string file;                                  // its name, in a folder of its own
  std::function<void(const TemporaryFolder&)> make;  // fails the test if ffmpeg fails
  Expected expected = Expected::kExact;
  std::string error = {};               // kError, kPartial: part of the message
  std::string upright = {};             // filter that turns what is stored into what is shown
  std::string ffmpeg_stream = "0:v:0";  // which one ffmpeg must decode to see the same
};

struct VideoKindGroup {
  std::string title;
  std::vector<VideoKind> kinds;
};

// Every kind, in groups: the tables of the page.
std::vector<VideoKindGroup> video_kinds();

// The nine numbers of a display matrix (16.16 fixed point; the last column 2.30) put into the first
// track header of an mp4 or mov file.
void set_display_matrix(const std::filesystem::path& mp4, const std::vector<int32_t>& matrix);

}  // namespace retrace::test
