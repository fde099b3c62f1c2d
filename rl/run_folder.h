// The folder of a run and what is in it (docs/run_folder.md).
#pragma once

#include <filesystem>

namespace retrace::rl {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / "config.yaml"; }
  std::filesystem::path environment() const { return root_ / "environment.json"; }
  std::filesystem::path log() const { return root_ / "log.txt"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path rollouts() const { return root_ / "rollouts"; }
  std::filesystem::path evaluations() const { return root_ / "evaluations"; }
  std::filesystem::path summary() const { return root_ / "summary.md"; }
  std::filesystem::path final_model() const { return root_ / "final"; }
  std::filesystem::path final_adapter() const { return root_ / "final_adapter"; }
  std::filesystem::path merged() const { return root_ / "merged"; }

  // Makes the folders and writes config.yaml and environment.json. Rank 0 only. Throws DataError.
  void create(const std::string& resolved_yaml, int world_size) const;
  // Points `link` (final_model(), final_adapter()) at a folder of this one.
  void point(const std::filesystem::path& link, const std::filesystem::path& folder) const;

 private:
  std::filesystem::path root_;
};

}  // namespace retrace::rl
