// The JSON header of a safetensors file: names, dtypes, shapes and byte ranges, checked.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::model {

struct SafetensorsEntry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  int64_t begin = 0;  // bytes from the start of the data; the range is [begin, end)
  int64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // ordered by `begin`
  std::map<std::string, std::string> metadata;
};

// Throws CheckpointError "<file>: ..." unless the entries tile [0, data_bytes) and agree with
// shapes and dtypes.
SafetensorsHeader parse_safetensors_header(std::string_view json, int64_t data_bytes,
                                           const std::string& file);

// JSON padded with spaces to a multiple of 8 bytes.
std::string format_safetensors_header(const SafetensorsHeader& header);

}  // namespace retrace::model
