// Which of a model folder's files its tokenizer is read from.
#pragma once

#include <filesystem>

#include "model/tokenizer_contents.h"

namespace retrace::model {

// The first of these that the folder has:
//   1. tokenizer.json
//   2. vocab.json and merges.txt
//   3. one *.tiktoken file
// Throws CheckpointError naming what was looked for, or what is wrong in the file taken.
TokenizerContents read_tokenizer_folder(const std::filesystem::path& folder);

}  // namespace retrace::model
