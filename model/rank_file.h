// A tokenizer from a .tiktoken file: one token a line, base64 of its bytes, a space, its rank.
#pragma once

#include <filesystem>

#include "model/tokenizer_contents.h"

namespace retrace::model {

// The rank is the token's id and its order of merging: of adjacent pairs the one that makes the
// token of lowest rank merges first, and a word that is a token is taken whole. Added tokens as
// read_added_tokens_of_folder() finds them beside the file, or else those of the Qwen release with
// this number of ranks. Throws CheckpointError "<file>:<line>: ...".
TokenizerContents read_rank_file(const std::filesystem::path& file);

}  // namespace retrace::model
