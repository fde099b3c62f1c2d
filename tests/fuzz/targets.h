// What a fuzzer, or a test that replays its files, calls: the readers of files that come from
// elsewhere. Each takes the bytes of one file. A ConfigError, DataError or CheckpointError is how a
// bad file should end; anything else that is thrown gets out and is a finding.
#pragma once

#include <functional>
#include <string_view>

namespace retrace::fuzz {

// A first byte of 'I' makes the rest a model.safetensors.index.json beside a whole shard; otherwise
// all of it is a model.safetensors.
void read_safetensors(std::string_view bytes);
// tokenizer.json; texts are encoded and decoded with what it gives.
void read_tokenizer(std::string_view bytes);
void read_dataset(std::string_view bytes);  // jsonl
void read_recipe(std::string_view bytes);   // YAML
// Opened, described, and some frames decoded, under small limits.
void read_video(std::string_view bytes);

// Runs `read`; swallows the errors that tell a user of a bad file.
void expect_user_errors(const std::function<void()>& read);

}  // namespace retrace::fuzz
