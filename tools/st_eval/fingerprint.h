// What identifies a model folder and a data file: a hash of every byte.
#pragma once

#include <filesystem>
#include <string>

namespace retrace::st_eval {

// XXH3, 128 bits, 32 hex digits. Throws DataError if the file cannot be read.
std::string file_hash(const std::filesystem::path& file);

// Of names and contents of the files that decide what a model says: *.json, *.safetensors, *.txt,
// *.jinja at the top of the folder.
std::string model_hash(const std::filesystem::path& folder);

}  // namespace retrace::st_eval
