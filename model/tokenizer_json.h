// tokenizer.json of a byte-level BPE tokenizer of the Qwen families, read and checked.
#pragma once

#include <filesystem>

#include "model/tokenizer_contents.h"

namespace retrace::model {

// Throws CheckpointError "<file>: key '...': expected ..., found ..." for whatever is missing or
// not supported. The keys "truncation" and "padding" are for batches of texts and are not read.
TokenizerContents read_tokenizer_json(const std::filesystem::path& file);

}  // namespace retrace::model
