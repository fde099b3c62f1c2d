#include "model/safetensors.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/file_descriptor.h"
#include "model/mapped_window.h"
#include "model/safetensors_header.h"

namespace retrace::model {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

namespace {

using core::CheckpointError;
using core::FileDescriptor;
using core::throw_;

constexpr int64_t kLengthBytes = 8;
constexpr int64_t kMaxHeaderBytes = 100'000'000;  // as other readers of the format
constexpr int64_t kWindowBytes = 16 << 20;
constexpr size_t kMaxTransferBytes = 1 << 30;  // one read call moves at most 2 GB on Linux

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

namespace {

bool has_finite_range(const at::Tensor& values) {
  const auto [lowest, highest] = at::aminmax(values);  // NaN anywhere makes both NaN
  return std::isfinite(lowest.item<float>()) && std::isfinite(highest.item<float>());
}

// Calls visit(values [n] as stored, index of the first) over the tensor until it returns false;
// returns whether it never did.
template <class Impl, class Visit>
bool for_each_window(const Impl& impl, const std::string& name, const at::Tensor& like,
                     const Visit& visit) {
  const SafetensorsEntry& entry = impl.entry(name);
  RETRACE_CHECK(
      like.is_contiguous() && like.scalar_type() == at::kFloat && like.sizes().vec() == entry.shape,
      "safetensors: '{}' is read into a tensor that is not like it", name);
  if (!at::isFloatingType(entry.dtype)) {
    throw_<CheckpointError>("{}: tensor '{}': expected floating-point values, found {}", impl.file,
                            name, at::toString(entry.dtype));
  }
  const auto item_bytes = static_cast<int64_t>(at::elementSize(entry.dtype));
  for (int64_t begin = entry.begin; begin < entry.end; begin += kWindowBytes) {
    const int64_t bytes = std::min(kWindowBytes, entry.end - begin);
    const MappedWindow window(impl.descriptor.get(), impl.data_offset + begin, bytes, impl.file);
    at::Tensor values = at::empty({0}, entry.dtype);
    if (reinterpret_cast<uintptr_t>(window.data()) % static_cast<uintptr_t>(item_bytes) == 0) {
      values = at::from_blob(const_cast<char*>(window.data()), {bytes / item_bytes}, entry.dtype);
    } else {  // the format allows a header of any length
      values = at::empty({bytes / item_bytes}, entry.dtype);
      std::memcpy(values.data_ptr(), window.data(), static_cast<size_t>(bytes));
    }
    if (!visit(values, (begin - entry.begin) / item_bytes)) return false;
  }
  return true;
}

}  // namespace

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

at::ScalarType SafetensorsReader::dtype(const std::string& name) const {
  return impl_->entry(name).dtype;
}

at::Tensor SafetensorsReader::read(const std::string& name) const {
  const SafetensorsEntry& entry = impl_->entry(name);
  at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(entry.dtype));
  read_fully(impl_->descriptor.get(), static_cast<char*>(tensor.data_ptr()),
             entry.end - entry.begin, impl_->data_offset + entry.begin, impl_->file);
  // Any non-zero byte is true in the file, but only 0 and 1 are values of a bool in memory.
  return entry.dtype == at::kBool ? tensor.view(at::kByte).ne(0) : tensor;
}

void SafetensorsReader::read_float(const std::string& name, const at::Tensor& target) const {
  const at::NoGradGuard no_grad;
  const at::Tensor flat = target.detach().view({-1});
  for_each_window(*impl_, name, target, [&](const at::Tensor& values, int64_t first) {
    const at::Tensor part = flat.narrow(0, first, values.numel());
    part.copy_(values);
    if (!has_finite_range(part)) {
      throw_<CheckpointError>("{}: tensor '{}' holds NaN or infinite values", impl_->file, name);
    }
    return true;
  });
}

bool SafetensorsReader::equals_float(const std::string& name, const at::Tensor& other) const {
  if (shape(name) != other.sizes().vec()) return false;
  const at::NoGradGuard no_grad;
  const at::Tensor flat = other.detach().view({-1});
  return for_each_window(*impl_, name, other, [&](const at::Tensor& values, int64_t first) {
    return at::equal(values.to(at::kFloat), flat.narrow(0, first, values.numel()));
  });
}

const std::map<std::string, std::string>& SafetensorsReader::metadata() const {
  return impl_->header.metadata;
}

}  // namespace retrace::model
