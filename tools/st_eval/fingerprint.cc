#include "tools/st_eval/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "core/error.h"

namespace retrace::st_eval {
namespace {

namespace fs = std::filesystem;

class Hash {
 public:
  Hash() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(std::string_view bytes) {
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  }
  std::string text() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

}  // namespace

std::string file_hash(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  constexpr size_t kChunkBytes = size_t{1} << 20;
  std::vector<char> chunk(kChunkBytes);
  Hash hash;
  while (in.read(chunk.data(), kChunkBytes) || in.gcount() > 0)
    hash.add({chunk.data(), static_cast<size_t>(in.gcount())});
  if (!in.eof())
    core::throw_<core::DataError>("{}: cannot be read; check path and permissions", file.string());
  return hash.text();
}

std::string model_hash(const fs::path& folder) {
  constexpr std::array<std::string_view, 4> kKinds = {".json", ".safetensors", ".txt", ".jinja"};
  std::vector<fs::path> files;
  if (fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const std::string kind = entry.path().extension().string();
      if (entry.is_regular_file() && std::ranges::find(kKinds, kind) != kKinds.end())
        files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    core::throw_<core::CheckpointError>(
        "{}: expected a model folder with config.json and *.safetensors, found none of their kind",
        folder.string());
  }
  std::ranges::sort(files);
  Hash hash;
  for (const fs::path& file : files)
    hash.add(file.filename().string() + "\n" + file_hash(file) + "\n");
  return hash.text();
}

}  // namespace retrace::st_eval
