#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "model/checkpoint_files.h"
#include "model/model_config.h"
#include "model/safetensors.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

namespace {

model::ModelConfig smallest_model() {
  model::ModelConfig config;
  config.family = model::ModelFamily::kQwen2Text;
  config.vocab_size = config.hidden_size = config.intermediate_size = 8;
  config.num_layers = config.num_heads = config.num_kv_heads = 1;
  config.mrope_section = {2, 1, 1};
  return config;
}

model::Weights& weights() {
  static model::Weights instance(smallest_model());
  return instance;
}

// Every tensor of weights(), zero.
std::string whole_file() {
  std::string header;
  int64_t end = 0;
  for (const model::ParameterSpec& spec : weights().specs()) {
    const int64_t begin = end;
    int64_t num_values = 1;
    for (const int64_t extent : spec.shape) num_values *= extent;
    end += num_values * 4;
    header +=
        fmt::format(R"({}"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})",
                    header.empty() ? "{" : ",", spec.name, fmt::join(spec.shape, ","), begin, end);
  }
  header += "}";
  while (header.size() % 8 != 0) header += " ";
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) {
    file.push_back(static_cast<char>(header.size() >> shift));
  }
  return file + header + std::string(static_cast<size_t>(end), '\0');
}

void read_all(const model::SafetensorsReader& reader) {
  static_cast<void>(reader.metadata());
  for (const std::string& name : reader.names()) {
    RETRACE_CHECK(reader.read(name).sizes() == at::IntArrayRef(reader.shape(name)),
                  "tensor '{}' comes in another shape than its own", name);
  }
}

}  // namespace

void read_safetensors(std::string_view bytes) {
  static const ScratchFolder whole, sharded;
  if (bytes.starts_with('I')) {
    sharded.write("model.safetensors.index.json", bytes.substr(1));
    static const bool has_shard = !sharded.write("a.safetensors", whole_file()).empty();
    static_cast<void>(has_shard);
    expect_user_errors([&] { model::load_weights(sharded.path(), weights()); });
    return;
  }
  const std::filesystem::path file = whole.write("model.safetensors", bytes);
  expect_user_errors([&] { read_all(model::SafetensorsReader(file)); });
  expect_user_errors([&] { model::load_weights(whole.path(), weights()); });
}

}  // namespace retrace::fuzz
