// Where a run goes on from.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "rl/run_folder.h"

namespace retrace::rl {

// The checkpoint to go on from, or none for a start anew. `resume`: "" refuses a folder that
// already holds a run; "auto" takes the newest checkpoint, if any; otherwise a checkpoint folder,
// which must not be older than what `folder` holds. Throws ConfigError and CheckpointError.
std::optional<std::filesystem::path> choose_resume_point(const RunFolder& folder,
                                                         const std::string& resume);

// Where the KL reference `name` lies: in the run folder, or beside the checkpoint `resumed_from` of
// another run. With `copies` the run folder then gets a copy, to be resumed by itself.
std::filesystem::path find_reference(const RunFolder& folder,
                                     const std::filesystem::path& resumed_from,
                                     const std::string& name, bool copies);

}  // namespace retrace::rl
