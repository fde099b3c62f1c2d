// The safetensors file format: u64 little-endian header length, JSON header, raw little-endian
// data.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace retrace::model {

// An open file. Tensors handed out are copies; read_float() and equals_float() stream, so that no
// more than a window of the file is in memory beside their target.
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
  at::ScalarType dtype(const std::string& name) const;
  // As stored (F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL).
  at::Tensor read(const std::string& name) const;
  // Converts the values into `target`, contiguous float32 of the same shape. Throws CheckpointError
  // for values that are not floating-point (F32, F16, BF16, F64) or not finite.
  void read_float(const std::string& name, const at::Tensor& target) const;
  // Whether read_float() would give exactly the values of `other`.
  bool equals_float(const std::string& name, const at::Tensor& other) const;
  const std::map<std::string, std::string>& metadata() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a tensor of a file will be, made when its turn comes.
struct TensorSource {
  std::string name;
  at::ScalarType dtype = at::kFloat;  // in the file
  std::vector<int64_t> shape;
  std::function<at::Tensor()> make;

  int64_t num_bytes() const;
};

// Writes the tensors in the given order, streaming, whole or not at all; a tensor of another dtype
// is converted piece by piece on its way out. Throws CheckpointError.
void write_safetensors(const std::filesystem::path& file, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata = {});
// Tensors that are there already; `stored_dtype` empty: each as it is.
void write_safetensors(const std::filesystem::path& file,
                       const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       std::optional<at::ScalarType> stored_dtype = std::nullopt);

}  // namespace retrace::model
