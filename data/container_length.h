// Whether a video file is as long as its own headers say. Included by data/*.cc and their tests
// only.
#pragma once

#include <filesystem>

namespace retrace::data {

// True if the outermost structure of the file (the segment of mkv and webm, the RIFF list of avi,
// the fragments of a fragmented mp4) runs past the end of the file. Plain mp4 and mov list every
// packet, which tells more (data/packet_index.h); other kinds, and writers that leave the length
// open, do not say, and count as whole.
bool is_shorter_than_announced(const std::filesystem::path& file);

}  // namespace retrace::data
