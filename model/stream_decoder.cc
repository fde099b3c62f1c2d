#include "model/stream_decoder.h"

#include <utility>

#include "model/unicode_text.h"

namespace retrace::model {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, bool skip_special)
    : tokenizer_(tokenizer), skip_special_(skip_special) {}

std::string StreamDecoder::push(int64_t id) {
  std::string bytes = std::exchange(pending_, {});
  bytes += tokenizer_.bytes_of(id, skip_special_);
  const size_t num_certain = bytes.size() - unfinished_bytes(bytes);
  pending_ = bytes.substr(num_certain);
  return repair_utf8(std::string_view(bytes).substr(0, num_certain));
}

std::string StreamDecoder::finish() {
  return repair_utf8(std::exchange(pending_, {}));
}

}  // namespace retrace::model
