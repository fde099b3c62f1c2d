#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/file_descriptor.h"
#include "core/files.h"
#include "model/safetensors.h"
#include "model/safetensors_header.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using core::FileDescriptor;
using core::throw_;

constexpr size_t kMaxTransferBytes = 1 << 30;  // one write call moves at most 2 GB on Linux
constexpr int64_t kPieceValues = 4 << 20;      // converted at a time

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

SafetensorsHeader describe_tensors(const std::vector<TensorSource>& tensors,
                                   const std::map<std::string, std::string>& metadata) {
  SafetensorsHeader header;
  header.metadata = metadata;
  std::set<std::string> seen;
  int64_t offset = 0;
  for (const TensorSource& tensor : tensors) {
    RETRACE_CHECK(tensor.name != "__metadata__" && seen.insert(tensor.name).second,
                  "safetensors: tensor name '{}' is reserved or used twice", tensor.name);
    const int64_t end = offset + tensor.num_bytes();
    header.entries.push_back({tensor.name, tensor.dtype, tensor.shape, offset, end});
    offset = end;
  }
  return header;
}

void write_values(int descriptor, const at::Tensor& tensor, at::ScalarType dtype,
                  const std::string& file) {
  const at::NoGradGuard no_grad;
  const at::Tensor flat = tensor.detach().contiguous().view({-1});
  for (int64_t begin = 0; begin < flat.numel(); begin += kPieceValues) {
    const int64_t count = std::min(kPieceValues, flat.numel() - begin);
    const at::Tensor stored = flat.narrow(0, begin, count).to(at::kCPU, dtype);
    write_fully(descriptor, static_cast<const char*>(stored.data_ptr()),
                static_cast<int64_t>(stored.nbytes()), file);
  }
}

void write_contents(int descriptor, const std::vector<TensorSource>& tensors,
                    const SafetensorsHeader& header, const std::string& file) {
  const std::string text = format_safetensors_header(header);
  const uint64_t header_bytes = text.size();
  write_fully(descriptor, reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes), file);
  write_fully(descriptor, text.data(), static_cast<int64_t>(text.size()), file);
  for (const TensorSource& source : tensors) {
    const at::Tensor tensor = source.make();
    RETRACE_CHECK(tensor.sizes().vec() == source.shape, "safetensors: '{}' has another shape",
                  source.name);
    write_values(descriptor, tensor, source.dtype, file);
  }
}

}  // namespace

int64_t TensorSource::num_bytes() const {
  int64_t bytes = static_cast<int64_t>(at::elementSize(dtype));
  for (const int64_t size : shape) bytes *= size;
  return bytes;
}

void write_safetensors(const std::filesystem::path& file, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const SafetensorsHeader header = describe_tensors(tensors, metadata);
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

void write_safetensors(const std::filesystem::path& file,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata,
                       std::optional<at::ScalarType> stored_dtype) {
  std::vector<TensorSource> sources;
  for (const auto& [name, tensor] : tensors) {
    sources.push_back({name, stored_dtype.value_or(tensor.scalar_type()), tensor.sizes().vec(),
                       [tensor = tensor] { return tensor; }});
  }
  write_safetensors(file, sources, metadata);
}

}  // namespace retrace::model
