#include "rl/resume_point.h"

#include "core/error.h"
#include "core/files.h"
#include "rl/checkpoint.h"

namespace retrace::rl {

namespace fs = std::filesystem;

std::optional<fs::path> choose_resume_point(const RunFolder& folder, const std::string& resume) {
  const std::optional<fs::path> latest = latest_checkpoint(folder.checkpoints());
  if (resume == "auto") return latest;
  if (resume.empty()) {
    if (!latest) return std::nullopt;
    core::throw_<core::ConfigError>(
        "run.dir: {} already holds a run (its newest checkpoint is {}); go on with --resume auto, "
        "or choose another --run-dir",
        folder.root().string(), latest->filename().string());
  }
  // The same folder with and without a slash at its end.
  const fs::path chosen = (fs::path(resume) / "").parent_path();
  const int64_t step = read_trainer_state(chosen).global_step;
  if (latest && latest->filename().string() > checkpoint_name(step)) {
    core::throw_<core::ConfigError>(
        "--resume: {} is of step {}, but {} already holds {}, and later checkpoints would be mixed "
        "with new ones; go on with --resume auto, or choose another --run-dir",
        chosen.string(), step, folder.root().string(), latest->filename().string());
  }
  return chosen;
}

fs::path find_reference(const RunFolder& folder, const fs::path& resumed_from,
                        const std::string& name, bool copies) {
  const fs::path own = folder.checkpoints() / name;
  if (fs::exists(own)) return own;
  const fs::path origin = resumed_from.parent_path() / name;
  if (copies && fs::exists(origin)) {
    const fs::path temporary = core::temporary_sibling(own);
    fs::remove_all(temporary);
    fs::copy(origin, temporary, fs::copy_options::recursive);
    core::publish_folder(temporary, own);
  }
  return origin;
}

}  // namespace retrace::rl
