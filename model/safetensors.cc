#include "model/safetensors.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/file_descriptor.h"
#include "core/files.h"
#include "model/safetensors_header.h"

namespace retrace::model {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

namespace {

using core::CheckpointError;
using core::FileDescriptor;
using core::throw_;

constexpr int64_t kLengthBytes = 8;
constexpr int64_t kMaxHeaderBytes = 100'000'000;  // as other readers of the format
constexpr size_t kMaxTransferBytes = 1 << 30;  // one read or write call moves at most 2 GB on Linux

void read_fully(int descriptor, char* target, int64_t bytes, int64_t offset,
                const std::string& file) {
  int64_t done = 0;
  while (done < bytes) {
    const size_t wanted = std::min(static_cast<size_t>(bytes - done), kMaxTransferBytes);
    const ssize_t count = ::pread(descriptor, target + done, wanted, offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_<CheckpointError>("{}: cannot be read: {}", file, std::strerror(errno));
    if (count == 0) {
      throw_<CheckpointError>("{}: expected {} bytes at offset {}, the file ended after {}", file,
                              bytes, offset, done);
    }
    done += count;
  }
}

void write_fully(int descriptor, const char* source, int64_t bytes, const std::string& file) {
  while (bytes > 0) {
    const size_t wanted = std::min(static_cast<size_t>(bytes), kMaxTransferBytes);
    const ssize_t count = ::write(descriptor, source, wanted);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_<CheckpointError>("{}: cannot be written: {}", file, std::strerror(errno));
    source += count;
    bytes -= count;
  }
}

int64_t size_of_regular_file(int descriptor, const std::string& file) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) {
    throw_<CheckpointError>("{}: cannot be read: {}", file, std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) throw_<CheckpointError>("{}: expected a regular file", file);
  return status.st_size;
}

}  // namespace

struct SafetensorsReader::Impl {
  explicit Impl(const std::filesystem::path& path)
      : file(path.string()), descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor.get() < 0) {
      throw_<CheckpointError>("{}: cannot be read: {}", file, std::strerror(errno));
    }
  }

  const SafetensorsEntry& entry(const std::string& name) const {
    const auto it = places.find(name);
    if (it == places.end()) throw_<CheckpointError>("{}: holds no tensor '{}'", file, name);
    return header.entries[it->second];
  }

  std::string file;
  FileDescriptor descriptor;
  SafetensorsHeader header;
  std::map<std::string, size_t> places;  // name -> place in header.entries
  int64_t data_offset = 0;               // bytes before the data
};

SafetensorsReader::SafetensorsReader(const std::filesystem::path& file)
    : impl_(std::make_unique<Impl>(file)) {
  const int descriptor = impl_->descriptor.get();
  const int64_t file_bytes = size_of_regular_file(descriptor, impl_->file);
  uint64_t header_bytes = 0;
  if (file_bytes < kLengthBytes) {
    throw_<CheckpointError>("{}: expected at least {} bytes, found {}; not a safetensors file",
                            impl_->file, kLengthBytes, file_bytes);
  }
  read_fully(descriptor, reinterpret_cast<char*>(&header_bytes), kLengthBytes, 0, impl_->file);
  const int64_t limit = std::min(file_bytes - kLengthBytes, kMaxHeaderBytes);
  if (header_bytes > static_cast<uint64_t>(limit)) {
    throw_<CheckpointError>(
        "{}: expected a header of at most {} bytes, found {}; the file is truncated or not a "
        "safetensors file",
        impl_->file, limit, header_bytes);
  }
  std::string text(header_bytes, '\0');
  read_fully(descriptor, text.data(), static_cast<int64_t>(header_bytes), kLengthBytes,
             impl_->file);
  impl_->data_offset = kLengthBytes + static_cast<int64_t>(header_bytes);
  impl_->header = parse_safetensors_header(text, file_bytes - impl_->data_offset, impl_->file);
  for (const SafetensorsEntry& entry : impl_->header.entries) {
    impl_->places.emplace(entry.name, impl_->places.size());
  }
}

SafetensorsReader::~SafetensorsReader() = default;
SafetensorsReader::SafetensorsReader(SafetensorsReader&&) noexcept = default;

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : impl_->header.entries) names.push_back(entry.name);
  return names;
}

bool SafetensorsReader::has(const std::string& name) const {
  return impl_->places.contains(name);
}

std::vector<int64_t> SafetensorsReader::shape(const std::string& name) const {
  return impl_->entry(name).shape;
}

at::Tensor SafetensorsReader::read(const std::string& name) const {
  const SafetensorsEntry& entry = impl_->entry(name);
  at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.dtype));
  read_fully(impl_->descriptor.get(), static_cast<char*>(tensor.data_ptr()),
             entry.end - entry.begin, impl_->data_offset + entry.begin, impl_->file);
  // Any non-zero byte is true in the file, but only 0 and 1 are values of a bool in memory.
  return entry.dtype == at::kBool ? tensor.view(at::kByte).ne(0) : tensor;
}

const std::map<std::string, std::string>& SafetensorsReader::metadata() const {
  return impl_->header.metadata;
}

namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

SafetensorsHeader describe_tensors(const NamedTensors& tensors,
                                   const std::map<std::string, std::string>& metadata,
                                   std::optional<at::ScalarType> stored_dtype) {
  SafetensorsHeader header;
  header.metadata = metadata;
  std::set<std::string> seen;
  int64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    RETRACE_CHECK(name != "__metadata__" && seen.insert(name).second,
                  "safetensors: tensor name '{}' is reserved or used twice", name);
    const at::ScalarType dtype = stored_dtype.value_or(tensor.scalar_type());
    const int64_t bytes = tensor.numel() * static_cast<int64_t>(at::elementSize(dtype));
    header.entries.push_back({name, dtype, tensor.sizes().vec(), offset, offset + bytes});
    offset += bytes;
  }
  return header;
}

void write_contents(int descriptor, const NamedTensors& tensors, const SafetensorsHeader& header,
                    const std::string& file) {
  const std::string text = format_safetensors_header(header);
  const uint64_t header_bytes = text.size();
  write_fully(descriptor, reinterpret_cast<const char*>(&header_bytes), kLengthBytes, file);
  write_fully(descriptor, text.data(), static_cast<int64_t>(text.size()), file);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const SafetensorsEntry& entry = header.entries[i];
    const at::Tensor stored = tensors[i].second.detach().to(at::kCPU, entry.dtype).contiguous();
    write_fully(descriptor, static_cast<const char*>(stored.data_ptr()), entry.end - entry.begin,
                file);
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& file, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata,
                       std::optional<at::ScalarType> stored_dtype) {
  const SafetensorsHeader header = describe_tensors(tensors, metadata, stored_dtype);
  const std::filesystem::path temporary = core::temporary_sibling(file);
  FileDescriptor descriptor(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (descriptor.get() < 0) {
    throw_<CheckpointError>("{}: cannot be written: {}", file.string(), std::strerror(errno));
  }
  try {
    write_contents(descriptor.get(), tensors, header, file.string());
    // Network file systems report a full disk only here.
    if (::fsync(descriptor.get()) != 0 || ::close(descriptor.release()) != 0 ||
        ::rename(temporary.c_str(), file.c_str()) != 0) {
      throw_<CheckpointError>("{}: cannot be written: {}", file.string(), std::strerror(errno));
    }
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace retrace::model
