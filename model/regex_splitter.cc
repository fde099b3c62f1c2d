#include "model/regex_splitter.h"

#include <fmt/format.h>

#include "core/config_tree.h"
#include "core/error.h"
#include "model/pcre2_handles.h"

namespace retrace::model {

namespace {

// Far above what a sane pattern needs for one word of a megabyte, far below a hang.
constexpr uint32_t kMatchLimit = 20'000'000;

std::string error_text(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

// tokenizer.json's \s is Unicode's White_Space; PCRE2's also takes U+180E.
std::string with_unicode_white_space(std::string_view pattern) {
  std::string result;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      result += pattern[i];
      continue;
    }
    const char escaped = pattern[++i];
    if (escaped == 's') {
      result += "\\p{White_Space}";
    } else if (escaped == 'S') {
      result += "\\P{White_Space}";
    } else {
      result += {'\\', escaped};
    }
  }
  return result;
}

size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

struct RegexSplitter::Impl {
  UniqueCode code;
  UniqueMatchContext context;
};

RegexSplitter::RegexSplitter(const std::string& pattern, const std::string& file)
    : impl_(std::make_unique<Impl>()) {
  const std::string translated = with_unicode_white_space(pattern);
  int error = 0;
  PCRE2_SIZE error_offset = 0;
  impl_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                  translated.size(), PCRE2_UTF | PCRE2_UCP, &error, &error_offset,
                                  nullptr));
  if (impl_->code == nullptr) {
    core::throw_<core::CheckpointError>(
        "{}: key 'pre_tokenizer.pretokenizers[0].pattern.Regex': expected a regular expression, "
        "found {} near '{}'",
        file, error_text(error), core::one_line(std::string_view(translated).substr(error_offset)));
  }
  // Where the system forbids generated code this fails, and matching is interpreted: slower, same
  // result.
  pcre2_jit_compile(impl_->code.get(), PCRE2_JIT_COMPLETE);
  impl_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(impl_->context.get(), kMatchLimit);
}

RegexSplitter::~RegexSplitter() = default;

std::vector<std::string_view> RegexSplitter::split(std::string_view text, int64_t& steps) const {
  const UniqueMatchData match(pcre2_match_data_create_from_pattern(impl_->code.get(), nullptr));
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::vector<std::string_view> pieces;
  const auto add_piece = [&](size_t begin, size_t end) {
    if (begin < end) pieces.push_back(text.substr(begin, end - begin));
  };
  size_t unclaimed = 0;  // start of text that no match has taken
  for (size_t place = 0; place < text.size();) {
    const auto match_at_place = [&](uint32_t options) {
      return pcre2_match(impl_->code.get(), subject, text.size(), place,
                         PCRE2_NO_UTF_CHECK | options, match.get(), impl_->context.get());
    };
    ++steps;
    int count = match_at_place(0);
    // Generated code keeps its backtracking points on a small stack, the interpreter on the heap.
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) count = match_at_place(PCRE2_NO_JIT);
    if (count == PCRE2_ERROR_NOMATCH) break;
    if (count < 0) {
      core::throw_<core::DataError>(
          "text of {} bytes cannot be tokenized: the pre-tokenizer's pattern failed at byte {}: {}",
          text.size(), place, error_text(count));
    }
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(match.get());
    if (range[1] <= range[0]) {  // an empty match claims nothing
      if (range[0] >= text.size()) break;
      place = range[0] + character_bytes(text[range[0]]);
      continue;
    }
    add_piece(unclaimed, range[0]);
    add_piece(range[0], range[1]);
    place = unclaimed = range[1];
  }
  add_piece(unclaimed, text.size());
  return pieces;
}

}  // namespace retrace::model
