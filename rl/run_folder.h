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

  // Makes the folders and writes config.yaml and environment.json. Rank 0 only. Throws DataError.
  void create(const std::string& resolved_yaml, int world_size) const;
  // Points `final` at a checkpoint.
  void link_final(const std::filesystem::path& checkpoint) const;

 private:
  std::filesystem::path root_;
};

}  // namespace retrace::rl
