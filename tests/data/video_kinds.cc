#include "tests/data/video_kinds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/files.h"

namespace retrace::test {
namespace {

using Make = std::function<void(const TemporaryFolder&)>;

const std::string kX264 = "-c:v libx264 -preset veryfast ";
const std::string kX265 = "-c:v libx265 -preset ultrafast -x265-params log-level=0";
const std::string kVp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 12 ";
const std::string kAv1 = "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 12 ";
const std::string kMpeg4 = "-c:v mpeg4 -q:v 3 -g 12 ";

std::string test_picture(const std::string& size) {
  return "-f lavfi -i testsrc2=size=" + size + ":rate=30:duration=1.5 ";
}

void run_in(const TemporaryFolder& folder, const std::string& arguments, const std::string& file) {
  run_ffmpeg(arguments + " '" + (folder / file).string() + "'");
}

// One run of ffmpeg over the moving test picture.
VideoKind encoded(const std::string& title, const std::string& file, const std::string& arguments) {
  return {.title = title, .file = file, .make = [=](const TemporaryFolder& folder) {
            run_in(folder, test_picture("64x48") + arguments, file);
          }};
}

// A second run over the first one's file, with options before and after the input.
VideoKind copied(const std::string& title, const std::string& first, const std::string& arguments,
                 const std::string& file, const std::string& before, const std::string& after) {
  return {.title = title, .file = file, .make = [=](const TemporaryFolder& folder) {
            run_in(folder, test_picture("64x48") + arguments, first);
            run_in(folder, before + " -i '" + (folder / first).string() + "' " + after, file);
          }};
}

void write_bytes(const TemporaryFolder& folder, const std::string& file, const std::string& bytes) {
  std::ofstream(folder / file, std::ios::binary) << bytes;
}

// The first part of a file, as an interrupted download leaves it.
VideoKind cut(const std::string& title, const std::string& file, const std::string& arguments,
              double share, Expected expected, const std::string& error) {
  return {.title = title,
          .file = file,
          .make =
              [=](const TemporaryFolder& folder) {
                run_in(folder, test_picture("64x48") + arguments, "whole_" + file);
                const std::string bytes = core::read_text_file(folder / ("whole_" + file));
                const auto size = static_cast<size_t>(share * static_cast<double>(bytes.size()));
                write_bytes(folder, file, bytes.substr(0, size));
              },
          .expected = expected,
          .error = error};
}

VideoKind turned(const std::string& title, const std::vector<int32_t>& matrix,
                 const std::string& upright) {
  VideoKind kind = encoded(title, "a.mp4", kX264 + "-g 12");
  kind.make = [make = kind.make, matrix](const TemporaryFolder& folder) {
    make(folder);
    set_display_matrix(folder / "a.mp4", matrix);
  };
  kind.upright = upright;
  return kind;
}

VideoKind no_video(const std::string& title, const std::string& file, const std::string& error,
                   const Make& make) {
  return {.title = title, .file = file, .make = make, .expected = Expected::kError, .error = error};
}

// VP8 in two passes: pictures that are only referred to have packets of their own, some of them
// with the time of their successor, and one is a keyframe.
VideoKind two_pass_vp8(const std::string& title) {
  return {.title = title, .file = "a.webm", .make = [](const TemporaryFolder& folder) {
            const std::string pass = test_picture("64x48") +
                                     "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -g 22 "
                                     "-keyint_min 22 -passlogfile '" +
                                     (folder / "log").string() + "' -pass ";
            run_ffmpeg(pass + "1 -f null -");
            run_in(folder, pass + "2", "a.webm");
            constexpr int64_t kNumFrames = 45;
            EXPECT_GT(num_packets(folder / "a.webm"), kNumFrames) << "all its pictures are shown";
          }};
}

// Three quarters of the 21st packet overwritten, as a bad disk does it.
VideoKind damaged(const std::string& title, const std::string& file, const std::string& arguments) {
  return {.title = title,
          .file = file,
          .make =
              [=](const TemporaryFolder& folder) {
                run_in(folder, test_picture("64x48") + arguments, file);
                std::string bytes = core::read_text_file(folder / file);
                write_bytes(folder, "whole_" + file, bytes);
                const auto [begin, size] = place_of_packet(folder / file, 20);
                for (size_t i = size / 4; i < size; ++i) {
                  bytes[begin + i] = static_cast<char>(37 * i);
                }
                write_bytes(folder, file, bytes);
              },
          .expected = Expected::kPartial,
          .error = "cannot be decoded"};
}

VideoKindGroup containers_and_codecs() {
  return {"Containers and codecs",
          {encoded("mp4, H.264 with B-frames", "a.mp4", kX264 + "-g 12 -bf 3"),
           encoded("mp4, H.264 with open groups of pictures", "a.mp4",
                   kX264 + "-x264-params open-gop=1:bframes=3:keyint=12:min-keyint=12:scenecut=0"),
           encoded("mp4, H.264, every frame a keyframe", "a.mp4", kX264 + "-g 1"),
           encoded("mp4, H.264 with periodic intra refresh", "a.mp4",
                   kX264 + "-x264-params intra-refresh=1:keyint=12:bframes=0"),
           encoded("mp4 in fragments, H.264", "a.mp4",
                   kX264 + "-g 12 -bf 2 -movflags +frag_keyframe+empty_moov"),
           encoded("mov, H.264", "a.mov", kX264 + "-g 12 -bf 2"),
           encoded("mkv, H.264, one keyframe", "a.mkv", kX264 + "-g 1000 -bf 2"),
           encoded("mkv, H.264", "a.mkv", kX264 + "-g 12 -bf 2"),
           encoded("ts, H.264", "a.ts", kX264 + "-g 12 -bf 2"),
           encoded("mp4, H.265 with open groups of pictures", "a.mp4",
                   kX265 + ":keyint=12:bframes=3:open-gop=1"),
           encoded("mkv, H.265", "a.mkv", kX265 + ":keyint=12:bframes=3"),
           encoded("webm, VP8", "a.webm",
                   "-c:v libvpx -deadline realtime -cpu-used 8 -g 12 -auto-alt-ref 1"),
           two_pass_vp8("webm, VP8 with alternate reference frames"),
           encoded("webm, VP9", "a.webm", kVp9), encoded("webm, AV1", "a.webm", kAv1),
           encoded("mp4, AV1", "a.mp4", kAv1), encoded("mp4, MPEG-4", "a.mp4", kMpeg4 + "-bf 2"),
           encoded("avi, MPEG-4", "a.avi", kMpeg4),
           encoded("mov, Motion JPEG", "a.mov", "-c:v mjpeg -q:v 3")}};
}

VideoKindGroup timestamps() {
  return {"Timestamps",
          {encoded("mp4, variable frame rate", "a.mp4",
                   kX264 + "-g 12 -vf select='not(mod(n\\,3))+gt(n\\,30)' -fps_mode vfr"),
           encoded("mkv, variable frame rate", "a.mkv",
                   kX264 + "-g 12 -vf select='not(mod(n\\,3))+gt(n\\,30)' -fps_mode vfr"),
           copied("mkv, variable frame rate, one time given twice", "first.mkv",
                  kX264 + "-g 12 -vf select='not(mod(n\\,3))+gt(n\\,30)' -fps_mode vfr", "a.mkv",
                  "", "-c copy -bsf:v setts=pts='if(eq(N\\,11)\\,PTS+33\\,PTS)'"),
           encoded("mp4, 30000/1001 frames a second", "a.mp4", "-r 30000/1001 " + kX264 + "-g 12"),
           encoded("mkv, 30000/1001 frames a second", "a.mkv", "-r 30000/1001 " + kX264 + "-g 12"),
           encoded("avi, MPEG-4 with B-frames: no presentation times", "a.avi", kMpeg4 + "-bf 2"),
           encoded("avi, MPEG-4 with packed B-frames (Xvid)", "a.avi",
                   "-c:v libxvid -q:v 3 -bf 2 -g 12"),
           encoded("avi, H.264: no presentation times", "a.avi", kX264 + "-g 12 -bf 2"),
           encoded("h264, no container: no times at all", "a.h264", kX264 + "-g 12 -bf 2"),
           encoded("mkv, times of the first frames missing", "a.mkv",
                   kX264 + "-bf 2 -g 12 -avoid_negative_ts disabled -output_ts_offset -0.5"),
           encoded("mp4, first time not 0", "a.mp4", kX264 + "-g 12 -bf 2 -output_ts_offset 0.7"),
           encoded("mp4, decoding times below 0", "a.mp4",
                   kX264 + "-g 12 -bf 2 -movflags +negative_cts_offsets"),
           copied("mp4, an edit list that starts inside a group: frames before it have times below "
                  "0 and are not shown",
                  "first.mp4", kX264 + "-g 12 -bf 2", "a.mp4", "-ss 0.61", "-c copy"),
           copied("ts, starts inside a group: frames before the first keyframe cannot be decoded",
                  "first.ts", kX264 + "-g 12 -bf 2", "a.ts", "",
                  "-c copy -bsf:v noise=drop='lt(n\\,5)'"),
           {.title = "mp4, MPEG-4, three hours at one frame a second",
            .file = "a.mp4",
            .make = [](const TemporaryFolder& folder) {
              run_in(folder,
                     "-f lavfi -i testsrc2=size=32x32:rate=1:duration=10800 -c:v mpeg4 -g 60",
                     "a.mp4");
            }}}};
}

VideoKindGroup shapes() {
  constexpr int32_t one = 1 << 16, diagonal = 46341;
  return {
      "Shape and orientation",
      {turned("turned by 90 degrees", {0, one, 0, -one, 0, 0, 0, 0, 1 << 30}, "transpose=clock"),
       turned("turned by 180 degrees", {-one, 0, 0, 0, -one, 0, 0, 0, 1 << 30}, "hflip,vflip"),
       turned("turned by 270 degrees", {0, -one, 0, one, 0, 0, 0, 0, 1 << 30}, "transpose=cclock"),
       turned("mirrored left to right", {-one, 0, 0, 0, one, 0, 0, 0, 1 << 30}, "hflip"),
       turned("mirrored upside down", {one, 0, 0, 0, -one, 0, 0, 0, 1 << 30}, "vflip"),
       turned("turned by 45 degrees: left as stored",
              {diagonal, diagonal, 0, -diagonal, diagonal, 0, 0, 0, 1 << 30}, ""),
       encoded("pixels that are not square (4:3): left as stored", "a.mp4",
               kX264 + "-vf setsar=4/3"),
       encoded("interlaced: both fields woven, as stored", "a.mp4",
               kX264 + "-g 12 -flags +ildct+ilme -x264-params tff=1 -vf "
                       "tinterlace=interleave_top"),
       encoded("webm, VP9, odd width and height", "a.webm", kVp9 + "-vf scale=63:47"),
       encoded("avi, MPEG-4, odd width and height", "a.avi", kMpeg4 + "-vf scale=63:47"),
       encoded("mp4, H.264 4:4:4, odd width and height", "a.mp4",
               kX264 + "-pix_fmt yuv444p -g 12 -vf scale=63:47")}};
}

VideoKindGroup colours() {
  const auto tagged = [](const std::string& matrix, const std::string& range,
                         const std::string& format) {
    return fmt::format(
        "-vf scale=out_color_matrix={}:out_range={},format={} -colorspace {} "
        "-color_range {} ",
        matrix, range, format, matrix == "bt2020" ? "bt2020nc" : matrix, range);
  };
  return {"Colour",
          {encoded("no colour tags: taken as BT.601, limited range, at every size", "a.mp4", kX264),
           encoded("BT.601, limited range", "a.mp4", kX264 + tagged("smpte170m", "tv", "yuv420p")),
           encoded("BT.601, full range", "a.mp4", kX264 + tagged("smpte170m", "pc", "yuvj420p")),
           encoded("BT.709, limited range", "a.mp4", kX264 + tagged("bt709", "tv", "yuv420p")),
           encoded("BT.709, full range", "a.mp4", kX264 + tagged("bt709", "pc", "yuvj420p")),
           encoded("BT.2020, H.265, 10 bit", "a.mp4",
                   kX265 + " " + tagged("bt2020", "tv", "yuv420p10le")),
           encoded("BT.709, H.264, 10 bit", "a.mp4", kX264 + tagged("bt709", "tv", "yuv420p10le")),
           encoded("BT.709, VP9, 10 bit", "a.webm", kVp9 + tagged("bt709", "tv", "yuv420p10le")),
           encoded("H.264, 4:2:2", "a.mp4", kX264 + "-pix_fmt yuv422p"),
           encoded("H.264, grey", "a.mp4", kX264 + "-pix_fmt gray"),
           encoded("mkv, FFV1, RGB", "a.mkv", "-c:v ffv1 -pix_fmt bgr0")}};
}

VideoKindGroup streams() {
  const std::string audio = "-f lavfi -i sine=duration=1 ";
  const std::string cover = "-f lavfi -i color=red:size=96x96:rate=1:duration=1 ";
  const auto made = [](const std::string& arguments) {
    return [arguments](const TemporaryFolder& folder) { run_in(folder, arguments, "a.mp4"); };
  };
  VideoKind two = {.title = "two video streams: the default one, not the first",
                   .file = "a.mkv",
                   .make = [](const TemporaryFolder& folder) {
                     run_in(folder,
                            "-f lavfi -i color=red:size=32x32:rate=30:duration=1 " +
                                test_picture("64x48") + "-map 0 -map 1 " + kX264 +
                                "-disposition:v:0 0 -disposition:v:1 default",
                            "a.mkv");
                   }};
  two.ffmpeg_stream = "0:v:1";
  VideoKind with_cover = {.title = "a cover picture in front of the video: not taken for it",
                          .file = "a.mp4",
                          .make = made(cover + test_picture("64x48") +
                                       "-map 0 -map 1 -c:v:0 mjpeg -disposition:v:0 attached_pic "
                                       "-c:v:1 libx264 -preset veryfast")};
  with_cover.ffmpeg_stream = "0:V:0";
  return {"Streams and names",
          {{.title = "video and sound",
            .file = "a.mp4",
            .make = made(audio + test_picture("64x48") + kX264 + "-g 12 -c:a aac")},
           two,
           with_cover,
           no_video("sound only", "a.mp4", "has no video stream", made(audio + "-c:a aac")),
           no_video("sound and a cover picture", "a.mp4", "has no video stream",
                    made(audio + cover +
                         "-map 0 -map 1 -c:a aac -c:v mjpeg -disposition:v "
                         "attached_pic")),
           encoded("mkv named .mp4", "a.mp4", kX264 + "-g 12 -f matroska"),
           encoded("mp4 named .avi", "a.avi", kX264 + "-g 12 -f mp4")}};
}

VideoKindGroup broken() {
  const std::string front = "-movflags +faststart ";
  const auto bytes = [](const std::string& content) {
    return [content](const TemporaryFolder& folder) { write_bytes(folder, "a.mp4", content); };
  };
  const std::string h264 = kX264 + "-g 12 -bf 2 ";
  return {"Cut, damaged, no video",
          {cut("mp4 with its header in front, cut", "a.mp4", h264 + front, 0.7, Expected::kPartial,
               "the file is cut off before frame"),
           cut("mp4 with its header behind, cut", "a.mp4", h264, 0.7, Expected::kError,
               "cannot be read as a video"),
           cut("mp4 in fragments, cut", "a.mp4", h264 + "-movflags +frag_keyframe+empty_moov", 0.7,
               Expected::kPartial, "the file is cut off"),
           cut("mkv, cut", "a.mkv", h264, 0.7, Expected::kPartial, "the file is cut off"),
           cut("webm, cut", "a.webm", kVp9, 0.7, Expected::kPartial, "the file is cut off"),
           cut("avi, cut", "a.avi", kMpeg4, 0.7, Expected::kPartial, "the file is cut off"),
           damaged("mp4, H.264, one packet overwritten", "a.mp4", h264 + front),
           damaged("mp4, H.265, one packet overwritten", "a.mp4", kX265 + ":keyint=12:bframes=3"),
           damaged("webm, VP9, one packet overwritten", "a.webm", kVp9),
           damaged("avi, MPEG-4, one packet overwritten", "a.avi", kMpeg4),
           no_video("ts, the frame size changes", "a.ts", "frame 44 of 90",
                    [](const TemporaryFolder& folder) {
                      run_in(folder, test_picture("64x48") + kX264 + "-bf 0", "1.ts");
                      run_in(folder, test_picture("96x64") + kX264 + "-bf 0", "2.ts");
                      write_bytes(folder, "a.ts",
                                  core::read_text_file(folder / "1.ts") +
                                      core::read_text_file(folder / "2.ts"));
                    }),
           no_video("mkv without frames", "a.mkv", "cannot be read as a video",
                    [](const TemporaryFolder& folder) {
                      run_in(folder, test_picture("64x48") + "-frames:v 0 " + kMpeg4, "a.mkv");
                    }),
           no_video("empty file", "a.mp4", "is empty (0 bytes)", bytes("")),
           no_video("text named .mp4", "a.mp4", "cannot be read as a video",
                    bytes("This is no video.\n" + std::string(3000, 'x'))),
           no_video("picture (png) named .mp4", "a.mp4", "cannot be read as a video",
                    [](const TemporaryFolder& folder) {
                      run_in(folder, test_picture("64x48") + "-frames:v 1 -c:v png -f image2",
                             "a.mp4");
                    }),
           no_video("list of other files (m3u8) named .mp4", "a.mp4", "cannot be read as a video",
                    bytes("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nb.mp4\n#EXT-X-ENDLIST\n")),
           no_video("folder", "a.mp4", "found a folder",
                    [](const TemporaryFolder& folder) {
                      std::filesystem::create_directory(folder / "a.mp4");
                    }),
           no_video("missing file", "a.mp4", "no such video file", [](const TemporaryFolder&) {})}};
}

}  // namespace

std::vector<VideoKindGroup> video_kinds() {
  return {containers_and_codecs(), timestamps(), shapes(), colours(), streams(), broken()};
}

void set_display_matrix(const std::filesystem::path& mp4, const std::vector<int32_t>& matrix) {
  std::string bytes = core::read_text_file(mp4);
  constexpr size_t kFromTag = 4 + 4 + 20 + 8 + 8;  // version 0: times, ids, layers, volume
  const size_t tag = bytes.find("tkhd");
  ASSERT_NE(tag, std::string::npos);
  for (size_t i = 0; i < matrix.size(); ++i) {
    for (size_t k = 0; k < 4; ++k) {
      bytes[tag + kFromTag + 4 * i + k] =
          static_cast<char>(static_cast<uint32_t>(matrix[i]) >> (24 - 8 * k) & 255);
    }
  }
  std::ofstream(mp4, std::ios::binary) << bytes;
}

}  // namespace retrace::test
