// A tokenizer from vocab.json and merges.txt, the files that came before tokenizer.json.
#pragma once

#include <filesystem>

#include "model/tokenizer_contents.h"

namespace retrace::model {

// Reads both from `folder`; added tokens as read_added_tokens_of_folder() finds them. The files do
// not say how text is normalised and split: NFC and the pattern of tokenizer_config.json's
// "tokenizer_class" (Qwen2 if absent). Throws CheckpointError.
TokenizerContents read_vocab_files(const std::filesystem::path& folder);

// The pattern that goes with tokenizer_config.json's "tokenizer_class" in `folder`. Throws
// CheckpointError for a class of another family, and for add_prefix_space.
std::string split_pattern_of_folder(const std::filesystem::path& folder);

}  // namespace retrace::model
