#include "model/safetensors_header.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;
using nlohmann::json;

struct DtypeName {
  std::string_view name;
  at::ScalarType dtype;
};
constexpr std::array<DtypeName, 10> kDtypes = {{{"F32", at::kFloat},
                                                {"F16", at::kHalf},
                                                {"BF16", at::kBFloat16},
                                                {"F64", at::kDouble},
                                                {"I64", at::kLong},
                                                {"I32", at::kInt},
                                                {"I16", at::kShort},
                                                {"I8", at::kChar},
                                                {"U8", at::kByte},
                                                {"BOOL", at::kBool}}};

at::ScalarType parse_dtype(const JsonObject& fields) {
  const std::string found = fields.string("dtype");
  for (const DtypeName& known : kDtypes) {
    if (known.name == found) return known.dtype;
  }
  fields.fail("dtype", "one of F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL");
}

std::string_view dtype_name(at::ScalarType dtype, std::string_view tensor) {
  for (const DtypeName& known : kDtypes) {
    if (known.dtype == dtype) return known.name;
  }
  core::throw_<core::InternalError>("safetensors: tensor '{}' has dtype {}, which cannot be stored",
                                    tensor, at::toString(dtype));
}

// Bytes of a tensor of this shape, or -1 if they exceed `limit`.
int64_t count_bytes(const SafetensorsEntry& entry, int64_t limit) {
  int64_t bytes = static_cast<int64_t>(at::elementSize(entry.dtype));
  for (const int64_t size : entry.shape) {
    if (size == 0) return 0;
  }
  for (const int64_t size : entry.shape) {
    if (bytes > limit / size) return -1;
    bytes *= size;
  }
  return bytes;
}

SafetensorsEntry parse_entry(const std::string& name, const json& value, int64_t data_bytes,
                             const std::string& file) {
  const JsonObject fields(value, file, name + ".");
  if (has_control_character(name)) {
    throw_<CheckpointError>("{}: tensor '{}': expected a name without control characters", file,
                            core::one_line(name));
  }
  SafetensorsEntry entry;
  entry.name = name;
  entry.dtype = parse_dtype(fields);
  entry.shape = fields.integers("shape", 0, INT64_MAX);
  const std::vector<int64_t> offsets = fields.integers("data_offsets", 0, INT64_MAX);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    fields.fail("data_offsets", "[begin, end] with begin <= end");
  }
  if (offsets[1] > data_bytes) {
    throw_<CheckpointError>(
        "{}: tensor '{}' ends at byte {} of the data, expected at most {}; the file is truncated, "
        "copy it again",
        file, name, offsets[1], data_bytes);
  }
  entry.begin = offsets[0];
  entry.end = offsets[1];
  if (count_bytes(entry, data_bytes) != entry.end - entry.begin) {
    throw_<CheckpointError>(
        "{}: tensor '{}' of dtype {} and shape [{}] holds {} bytes, which does "
        "not match; the file is damaged",
        file, name, fields.string("dtype"), fmt::join(entry.shape, ", "), entry.end - entry.begin);
  }
  return entry;
}

std::map<std::string, std::string> parse_metadata(const json& value, const std::string& file) {
  const JsonObject fields(value, file, "__metadata__.");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, unused] : value.items()) metadata[key] = fields.string(key);
  return metadata;
}

void require_tiling(std::vector<SafetensorsEntry>& entries, int64_t data_bytes,
                    const std::string& file) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
                     return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
                   });
  int64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      throw_<CheckpointError>(
          "{}: tensor '{}' starts at byte {} of the data, expected {} ({}); the file is damaged",
          file, entry.name, entry.begin, covered,
          entry.begin < covered ? "it overlaps another tensor" : "bytes before it belong to none");
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    throw_<CheckpointError>(
        "{}: the tensors cover {} bytes of data, the file holds {}; the file is damaged", file,
        covered, data_bytes);
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, int64_t data_bytes,
                                           const std::string& file) {
  const json parsed = parse_json(text, file + ": header");
  if (!parsed.is_object()) {
    throw_<CheckpointError>("{}: header: expected a JSON object, found {}", file,
                            describe_json(parsed));
  }
  SafetensorsHeader header;
  for (const auto& [name, value] : parsed.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, file);
    } else {
      header.entries.push_back(parse_entry(name, value, data_bytes, file));
    }
  }
  require_tiling(header.entries, data_bytes, file);
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) root["__metadata__"] = header.metadata;
  for (const SafetensorsEntry& entry : header.entries) {
    root[entry.name] = {{"dtype", dtype_name(entry.dtype, entry.name)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = root.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace retrace::model
