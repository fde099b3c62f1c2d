// The folder that holds a rendered world: which files it has, and whether it is already what is
// asked for.
//
// manifest.json is written last, so a folder with a manifest is complete.
#pragma once

#include <filesystem>
#include <string>

#include "tools/egoworld/generate.h"

namespace retrace::egoworld {

// Everything that decides the folder's content (not --jobs, not --out), as JSON text with the
// generator's version.
std::string manifest_text(const GenerateOptions& options);

// Creates the folder, or finds that it already holds exactly this (true). Throws DataError when it
// holds anything else and `overwrite` is off; with `overwrite`, removes what EgoWorld writes and
// leaves other files alone.
bool is_complete_or_prepare(const GenerateOptions& options);

}  // namespace retrace::egoworld
