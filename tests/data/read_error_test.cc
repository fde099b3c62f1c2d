// Files whose bytes or packets stop coming before their end: no shorter videos.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "data/media_file.h"
#include "data/video_reader.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string encoded(const std::filesystem::path& file, const std::string& codec) {
  test::run_ffmpeg(fmt::format("-f lavfi -i testsrc2=size=64x48:rate=10:duration=4 {} '{}'", codec,
                               file.string()));
  return core::read_text_file(file);
}

// A file that stops giving bytes in its middle: `status` comes instead of them.
class FailingInput {
 public:
  FailingInput(const std::string& bytes, int status) : rest_(bytes), status_(status) {
    constexpr int kBufferBytes = 4096;
    io_ = avio_alloc_context(static_cast<uint8_t*>(av_malloc(kBufferBytes)), kBufferBytes,
                             /*write_flag=*/0, this, &FailingInput::give, nullptr, nullptr);
    AVFormatContext* format = avformat_alloc_context();
    format->pb = io_;
    if (avformat_open_input(&format, nullptr, nullptr, nullptr) >= 0) format_.reset(format);
  }
  ~FailingInput() {
    format_.reset();
    av_freep(&io_->buffer);
    avio_context_free(&io_);
  }
  FailingInput(const FailingInput&) = delete;
  FailingInput& operator=(const FailingInput&) = delete;

  int64_t read_to_the_end() {
    int64_t number = 0;
    const UniquePacket packet(av_packet_alloc());
    while (format_ != nullptr && av_read_frame(format_.get(), packet.get()) >= 0) {
      av_packet_unref(packet.get());
      ++number;
    }
    return number;
  }
  const AVIOContext& io() const { return *io_; }

 private:
  static int give(void* input, uint8_t* buffer, int size) {
    auto& self = *static_cast<FailingInput*>(input);
    const size_t count = std::min(static_cast<size_t>(size), self.rest_.size());
    if (count == 0) return self.status_;
    std::copy_n(self.rest_.data(), count, buffer);
    self.rest_.remove_prefix(count);
    return static_cast<int>(count);
  }

  std::string_view rest_;
  int status_;
  AVIOContext* io_ = nullptr;
  UniqueFormatInput format_;
};

TEST(ReadError, ADiskThatFailsIsNoEndOfTheVideo) {
  prepare_ffmpeg();
  const TemporaryFolder folder;
  const std::string bytes = encoded(folder / "whole.ts", "-c:v libx264");
  const std::string half = bytes.substr(0, bytes.size() / 2);
  FailingInput cut(half, AVERROR_EOF), broken(half, AVERROR(EIO));
  EXPECT_GT(cut.read_to_the_end(), 0);
  EXPECT_GT(broken.read_to_the_end(), 0);
  EXPECT_NO_THROW(require_no_read_error(cut.io(), "a.ts"));
  EXPECT_THAT(
      error_text<core::DataError>([&] { require_no_read_error(broken.io(), "a.ts"); }),
      AllOf(HasSubstr("a.ts: expected to read it to its end"), HasSubstr("Input/output error")));
}

TEST(ReadError, DamageThatTheDemuxerCannotPassIsACutOffEnd) {
  const TemporaryFolder folder;
  const std::filesystem::path whole = folder / "whole.ivf", damaged = folder / "damaged.ivf";
  std::string bytes = encoded(whole, "-c:v libvpx -deadline realtime");
  EXPECT_FALSE(VideoReader(whole).info().is_cut_off);
  bytes.replace(test::place_of_packet(whole, 20).begin, 4, "\xFF\xFF\xFF\xFF");  // its size
  std::ofstream(damaged, std::ios::binary) << bytes;
  const VideoReader reader(damaged);
  EXPECT_EQ(reader.info().num_frames, 20);
  EXPECT_TRUE(reader.info().is_cut_off);
}

}  // namespace
}  // namespace retrace::data
