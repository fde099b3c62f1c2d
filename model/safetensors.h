// The safetensors file format: u64 little-endian header length, JSON header, raw little-endian
// data.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace retrace::model {

// An open file. Tensors handed out are copies.
class SafetensorsReader {
 public:
  // Throws CheckpointError "<file>: ..." for a missing, truncated or malformed file (header length,
  // JSON, dtype, offsets outside the data, overlapping or not matching the shape).
  explicit SafetensorsReader(const std::filesystem::path& file);
  ~SafetensorsReader();
  SafetensorsReader(SafetensorsReader&&) noexcept;

  std::vector<std::string> names() const;  // in the order of the data
  bool has(const std::string& name) const;
  std::vector<int64_t> shape(const std::string& name) const;
  // As stored (F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL).
  at::Tensor read(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes the tensors in the given order, streaming, whole or not at all. With `stored_dtype` each
// tensor is converted to it on its way out, one at a time. Throws CheckpointError.
void write_safetensors(const std::filesystem::path& file,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       std::optional<at::ScalarType> stored_dtype = std::nullopt);

}  // namespace retrace::model
