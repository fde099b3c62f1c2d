#include "model/tokenizer_folder.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "model/rank_file.h"
#include "model/tokenizer_json.h"
#include "model/vocab_files.h"

namespace retrace::model {

namespace fs = std::filesystem;
using core::CheckpointError;
using core::throw_;

std::vector<fs::path> find_rank_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".tiktoken") files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TokenizerContents read_tokenizer_folder(const fs::path& folder) {
  const auto has = [&](const char* name) { return core::is_present(folder / name); };
  if (has("tokenizer.json")) return read_tokenizer_json(folder / "tokenizer.json");
  if (has("vocab.json") && has("merges.txt")) return read_vocab_files(folder);
  const std::vector<fs::path> rank_files = find_rank_files(folder);
  if (rank_files.size() == 1) return read_rank_file(rank_files.front());
  if (rank_files.empty()) {
    throw_<CheckpointError>(
        "{}: expected a tokenizer: tokenizer.json, or vocab.json and merges.txt, or one .tiktoken "
        "file; found {}",
        folder.string(),
        has("vocab.json")   ? "vocab.json without merges.txt"
        : has("merges.txt") ? "merges.txt without vocab.json"
                            : "none of them");
  }
  throw_<CheckpointError>("{}: expected one .tiktoken file, found {}, among them {} and {}",
                          folder.string(), rank_files.size(), rank_files[0].filename().string(),
                          rank_files[1].filename().string());
}

}  // namespace retrace::model
