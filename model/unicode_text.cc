#include "model/unicode_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/error.h"

namespace retrace::model {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// How a lead byte goes on: length of the sequence and the range of its second byte (Unicode, table
// 3-7).
struct LeadByte {
  size_t length;
  uint8_t second_low, second_high;
};

LeadByte classify_lead(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes at the start of `bytes` that form a character (`valid`), or a maximal ill-formed part.
size_t scan_character(std::string_view bytes, bool& valid) {
  const LeadByte lead = classify_lead(static_cast<uint8_t>(bytes[0]));
  valid = lead.length > 0;
  for (size_t i = 1; i < lead.length; ++i) {
    const uint8_t low = i == 1 ? lead.second_low : 0x80;
    const uint8_t high = i == 1 ? lead.second_high : 0xBF;
    if (i >= bytes.size() || static_cast<uint8_t>(bytes[i]) < low ||
        static_cast<uint8_t>(bytes[i]) > high) {
      valid = false;
      return i;
    }
  }
  return std::max<size_t>(lead.length, 1);
}

// Canonical decomposition, marks not yet ordered. utf8proc's own pass orders them by exchanging
// neighbours, which takes quadratic time on a long run of marks; order_marks() does not.
std::vector<utf8proc_int32_t> decompose(std::string_view text) {
  std::vector<utf8proc_int32_t> code_points;
  code_points.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (size_t place = 0; place < text.size();) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(
        bytes + place, static_cast<utf8proc_ssize_t>(text.size() - place), &code_point);
    RETRACE_CHECK(length > 0, "invalid UTF-8 at byte {}", place);
    place += static_cast<size_t>(length);
    utf8proc_int32_t parts[8];  // canonical decompositions have at most 4 code points
    int boundary_class = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(
        code_point, parts, 8, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE),
        &boundary_class);
    RETRACE_CHECK(count >= 0 && count <= 8, "code point {} decomposes to {} parts", code_point,
                  count);
    code_points.insert(code_points.end(), parts, parts + count);
  }
  return code_points;
}

int combining_class(utf8proc_int32_t code_point) {
  return utf8proc_get_property(code_point)->combining_class;
}

void order_marks(std::vector<utf8proc_int32_t>& code_points) {
  const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) != 0; };
  for (auto run = code_points.begin(); run != code_points.end();) {
    run = std::find_if(run, code_points.end(), is_mark);
    const auto end = std::find_if_not(run, code_points.end(), is_mark);
    std::stable_sort(run, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combining_class(a) < combining_class(b);
    });
    run = end;
  }
}

}  // namespace

std::string repair_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    bool valid = false;
    const size_t length = scan_character(bytes, valid);
    text += valid ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(length);
  }
  return text;
}

std::string normalise_nfc(std::string_view text) {
  // No code point below U+0300 changes or takes part in a composition with others below it.
  const bool is_nfc = std::none_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<uint8_t>(c) >= 0xCC; });
  if (is_nfc) return std::string(text);
  std::vector<utf8proc_int32_t> code_points = decompose(text);
  order_marks(code_points);
  const utf8proc_ssize_t count = utf8proc_normalize_utf32(
      code_points.data(), static_cast<utf8proc_ssize_t>(code_points.size()),
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  RETRACE_CHECK(count >= 0, "normalisation failed: {}", utf8proc_errmsg(count));
  std::string result;
  result.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    utf8proc_uint8_t encoded[4];
    const utf8proc_ssize_t length =
        utf8proc_encode_char(code_points[static_cast<size_t>(i)], encoded);
    result.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(length));
  }
  return result;
}

}  // namespace retrace::model
