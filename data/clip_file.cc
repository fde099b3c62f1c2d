#include "data/clip_file.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include "core/error.h"
#include "core/file_descriptor.h"
#include "data/frame_memory.h"

namespace retrace::data {
namespace {

// Layout: Header, frame_indices [F] int64, frames [F, 3, Y, X] uint8; little-endian like every
// machine this runs on.
struct Header {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t header_bytes;
  int64_t num_frames, height, width;
  double video_fps, sampled_fps;
  uint64_t checksum;  // XXH3 of the whole file, with this field 0
};
static_assert(sizeof(Header) == 64);

constexpr std::array<char, 8> kMagic = {'R', 'T', 'R', 'C', 'C', 'L', 'I', 'P'};
constexpr int64_t kMaxSide = 1 << 20, kMaxFrames = 1 << 24;

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
  core::throw_<core::DataError>("{}: cannot be {}: {}", file.string(), what,
                                std::generic_category().message(errno));
}

struct StateDeleter {
  void operator()(XXH3_state_t* p) const { XXH3_freeState(p); }
};

class Checksum {
 public:
  explicit Checksum(Header header) : state_(XXH3_createState()) {
    RETRACE_CHECK(state_ != nullptr, "no memory for a checksum");
    header.checksum = 0;
    XXH3_64bits_reset(state_.get());
    add(&header, sizeof(header));
  }
  void add(const void* data, size_t count) { XXH3_64bits_update(state_.get(), data, count); }
  uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, StateDeleter> state_;
};

void write_all(int descriptor, const void* data, size_t count, const std::filesystem::path& file) {
  const char* bytes = static_cast<const char*>(data);
  while (count > 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file, "written");
    bytes += written;
    count -= static_cast<size_t>(written);
  }
}

// False if the file ends before.
bool read_all(int descriptor, void* data, size_t count, const std::filesystem::path& file) {
  char* bytes = static_cast<char*>(data);
  while (count > 0) {
    const ssize_t got = ::read(descriptor, bytes, count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, "read");
    if (got == 0) return false;
    bytes += got;
    count -= static_cast<size_t>(got);
  }
  return true;
}

// False if the file ends before. The checksum follows the reads in pieces that stay in the
// processor's cache: memory is passed over once.
bool read_all(int descriptor, void* data, size_t count, const std::filesystem::path& file,
              Checksum& checksum) {
  constexpr size_t kPieceBytes = 256 << 10;
  char* bytes = static_cast<char*>(data);
  while (count > 0) {
    const size_t piece = std::min(count, kPieceBytes);
    if (!read_all(descriptor, bytes, piece, file)) return false;
    checksum.add(bytes, piece);
    bytes += piece;
    count -= piece;
  }
  return true;
}

int64_t bytes_of(const Header& header) {
  return static_cast<int64_t>(sizeof(Header)) +
         header.num_frames *
             (static_cast<int64_t>(sizeof(int64_t)) + 3 * header.height * header.width);
}

bool is_plausible(const Header& header, int64_t num_bytes) {
  const bool has_format = header.magic == kMagic && header.version == kClipFileVersion &&
                          header.header_bytes == sizeof(Header);
  const bool has_size = header.num_frames > 0 && header.num_frames <= kMaxFrames &&
                        header.height > 0 && header.height <= kMaxSide && header.width > 0 &&
                        header.width <= kMaxSide;
  // The division keeps the product in range.
  return has_format && has_size && header.num_frames <= num_bytes / header.height / header.width &&
         bytes_of(header) == num_bytes;
}

[[noreturn]] void throw_damaged(const std::filesystem::path& file, const char* how) {
  core::throw_<DamagedClip>("{}: is damaged: {}", file.string(), how);
}

}  // namespace

int64_t clip_file_bytes(const ClipFrames& clip) {
  return static_cast<int64_t>(sizeof(Header) + clip.frame_indices.size() * sizeof(int64_t) +
                              clip.frames.nbytes());
}

void write_clip_file(const std::filesystem::path& file, const ClipFrames& clip) {
  const at::Tensor frames = clip.frames.contiguous();
  RETRACE_CHECK(frames.size(0) == static_cast<int64_t>(clip.frame_indices.size()),
                "{} frames, {} indices", frames.size(0), clip.frame_indices.size());
  Header header{kMagic,         kClipFileVersion, sizeof(Header),
                frames.size(0), frames.size(2),   frames.size(3),
                clip.video_fps, clip.sampled_fps, 0};
  Checksum checksum(header);
  checksum.add(clip.frame_indices.data(), clip.frame_indices.size() * sizeof(int64_t));
  checksum.add(frames.const_data_ptr(), frames.nbytes());
  header.checksum = checksum.value();
  constexpr mode_t kMode = 0666;
  const core::FileDescriptor out(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (out.get() < 0) fail(file, "opened");
  write_all(out.get(), &header, sizeof(header), file);
  write_all(out.get(), clip.frame_indices.data(), clip.frame_indices.size() * sizeof(int64_t),
            file);
  write_all(out.get(), frames.const_data_ptr(), frames.nbytes(), file);
  if (::fsync(out.get()) != 0) fail(file, "synced");
}

std::optional<ClipFrames> read_clip_file(const std::filesystem::path& file) {
  const core::FileDescriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (in.get() < 0) fail(file, "opened");
  struct stat status = {};
  if (::fstat(in.get(), &status) != 0) fail(file, "read");
  Header header = {};
  if (!read_all(in.get(), &header, sizeof(header), file)) throw_damaged(file, "it is cut off");
  if (!is_plausible(header, status.st_size)) {
    throw_damaged(file, "its length is not what its header says, or it has another format");
  }
  ClipFrames clip;
  clip.video_fps = header.video_fps;
  clip.sampled_fps = header.sampled_fps;
  clip.frame_indices.resize(static_cast<size_t>(header.num_frames));
  clip.frames = empty_frames(header.num_frames, header.height, header.width);
  Checksum checksum(header);
  const size_t index_bytes = clip.frame_indices.size() * sizeof(int64_t);
  if (!read_all(in.get(), clip.frame_indices.data(), index_bytes, file, checksum) ||
      !read_all(in.get(), clip.frames.mutable_data_ptr(), clip.frames.nbytes(), file, checksum)) {
    throw_damaged(file, "it is cut off");
  }
  if (checksum.value() != header.checksum) throw_damaged(file, "its checksum is wrong");
  ::futimens(in.get(), nullptr);  // refused in a folder of someone else: then it just looks older
  return clip;
}

}  // namespace retrace::data
