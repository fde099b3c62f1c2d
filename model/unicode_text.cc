#include "model/unicode_text.h"

#include <algorithm>

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

// The first bytes of a non-empty text: a character, or a maximal ill-formed part.
struct Sequence {
  size_t num_bytes;
  bool valid;
  bool unfinished;  // ill-formed only because the text ends
};

Sequence scan_sequence(std::string_view bytes) {
  const LeadByte lead = classify_lead(static_cast<uint8_t>(bytes[0]));
  for (size_t i = 1; i < lead.length; ++i) {
    if (i == bytes.size()) return {i, false, true};
    const uint8_t low = i == 1 ? lead.second_low : 0x80;
    const uint8_t high = i == 1 ? lead.second_high : 0xBF;
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (byte < low || byte > high) return {i, false, false};
  }
  return {std::max<size_t>(lead.length, 1), lead.length > 0, false};
}

bool is_continuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

}  // namespace

std::string repair_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Sequence sequence = scan_sequence(bytes);
    text += sequence.valid ? bytes.substr(0, sequence.num_bytes) : kReplacement;
    bytes.remove_prefix(sequence.num_bytes);
  }
  return text;
}

bool is_valid_utf8(std::string_view bytes) {
  for (size_t place = 0; place < bytes.size();) {
    if (static_cast<uint8_t>(bytes[place]) < 0x80) {
      ++place;
      continue;
    }
    const Sequence sequence = scan_sequence(bytes.substr(place));
    if (!sequence.valid) return false;
    place += sequence.num_bytes;
  }
  return true;
}

size_t unfinished_bytes(std::string_view bytes) {
  for (size_t length = 1; length <= std::min<size_t>(3, bytes.size()); ++length) {
    const std::string_view tail = bytes.substr(bytes.size() - length);
    if (is_continuation(tail[0])) continue;
    const Sequence sequence = scan_sequence(tail);
    return sequence.unfinished ? length : 0;
  }
  return 0;
}

Character character_at(std::string_view text, size_t place) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[place + i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const auto tail = [&](size_t i) { return static_cast<uint32_t>(byte(i) & 0x3F); };
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | tail(1), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3};
  return {(lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

Character character_before(std::string_view text, size_t end) {
  size_t place = end - 1;
  while (is_continuation(text[place])) --place;
  return character_at(text, place);
}

void append_utf8(char32_t code_point, std::string& text) {
  const auto add = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto add_tail = [&](int shift) { add(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
    add_tail(0);
  } else if (code_point < 0x10000) {
    add(0xE0 | code_point >> 12);
    add_tail(6);
    add_tail(0);
  } else {
    add(0xF0 | code_point >> 18);
    add_tail(12);
    add_tail(6);
    add_tail(0);
  }
}

}  // namespace retrace::model
