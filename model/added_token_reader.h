// Added tokens as the JSON files of a model folder list them.
#pragma once

#include <filesystem>
#include <vector>

#include "model/added_token.h"
#include "model/json_reader.h"

namespace retrace::model {

// One entry of tokenizer.json's "added_tokens" or of tokenizer_config.json's
// "added_tokens_decoder", all but its id.
AddedToken read_added_token(const JsonObject& entry);

// Those of a folder without tokenizer.json, by rising id: "added_tokens_decoder" of
// tokenizer_config.json, else added_tokens.json, where those that special_tokens_map.json or
// tokenizer_config.json names are special; empty if neither is there. Throws CheckpointError.
std::vector<AddedToken> read_added_tokens_of_folder(const std::filesystem::path& folder);

}  // namespace retrace::model
