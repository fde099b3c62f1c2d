#include <numeric>
#include <vector>

#include "core/error.h"
#include "model/stream_decoder.h"
#include "model/tokenizer.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

namespace {

constexpr std::string_view kText =
    "It's 7 o'clock:\r\n  the <|im_start|>fox e\xCC\x81\xCC\xA3 \xE4\xB8\xAD\xE6\x96\x87 "
    "\xF0\x9F\x98\x80 \xff\x80 turned left...   \n\n\t";

void use(const model::Tokenizer& tokenizer, std::string_view text) {
  const std::vector<int64_t> ids = tokenizer.encode(text);
  const std::string decoded = tokenizer.decode(ids, /*skip_special=*/false);
  model::StreamDecoder stream(tokenizer, /*skip_special=*/false);
  std::string streamed;
  for (const int64_t id : ids) streamed += stream.push(id);
  streamed += stream.finish();
  RETRACE_CHECK(streamed == decoded, "decoding one by one differs for {} ids", ids.size());
}

}  // namespace

void read_tokenizer(std::string_view bytes) {
  static const ScratchFolder folder;
  expect_user_errors([&] {
    const auto tokenizer = model::Tokenizer::from_file(folder.write("tokenizer.json", bytes));
    use(tokenizer, kText);
    use(tokenizer, bytes.substr(0, 2000));
    std::vector<int64_t> ids(static_cast<size_t>(std::min<int64_t>(tokenizer.vocab_size(), 2000)));
    std::iota(ids.begin(), ids.end(), -1);
    static_cast<void>(tokenizer.decode(ids));
  });
}

}  // namespace retrace::fuzz
