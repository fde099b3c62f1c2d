#include "model/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "model/character_class.h"
#include "model/unicode_text.h"

namespace retrace::model {

namespace {

using CodePoints = std::vector<utf8proc_int32_t>;

// No character below this one is active; it begins with byte 0xCC.
constexpr uint8_t kFirstActiveLead = 0xCC;

int combining_class(utf8proc_int32_t code_point) {
  if ((classes_of(static_cast<char32_t>(code_point)) & kCombining) == 0) return 0;
  return utf8proc_get_property(code_point)->combining_class;
}

// Canonical decomposition, marks not yet ordered.
void decompose(char32_t code_point, CodePoints& out) {
  utf8proc_int32_t parts[8];  // canonical decompositions have at most 4 code points
  int boundary_class = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(code_point), parts, 8,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE), &boundary_class);
  RETRACE_CHECK(count >= 0 && count <= 8, "code point {} decomposes to {} parts",
                static_cast<uint32_t>(code_point), count);
  out.insert(out.end(), parts, parts + count);
}

// A stable sort of every run of marks by class: utf8proc exchanges neighbours instead, which takes
// quadratic time on a long run.
void order_marks(CodePoints& code_points, int64_t& steps) {
  const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) != 0; };
  for (auto run = code_points.begin(); run != code_points.end();) {
    run = std::find_if(run, code_points.end(), is_mark);
    const auto end = std::find_if_not(run, code_points.end(), is_mark);
    std::stable_sort(run, end, [&](utf8proc_int32_t a, utf8proc_int32_t b) {
      ++steps;
      return combining_class(a) < combining_class(b);
    });
    run = end;
  }
}

// The character that two make together, or nothing (below 0).
utf8proc_int32_t composite_of(utf8proc_int32_t first, utf8proc_int32_t second) {
  utf8proc_int32_t pair[2] = {first, second};
  const utf8proc_ssize_t count = utf8proc_normalize_utf32(
      pair, 2, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  return count == 1 ? pair[0] : -1;
}

// Canonical composition: a character joins the last starter unless one between them has the same
// class or a higher one, or is a starter.
void compose(CodePoints& code_points) {
  constexpr int kAdjacent = -1;
  size_t size = 0, starter = 0;
  bool has_starter = false;
  int last_class = kAdjacent;  // of what was kept after the starter
  for (const utf8proc_int32_t code_point : code_points) {
    const int own_class = combining_class(code_point);
    if (has_starter && last_class < std::max(own_class, kAdjacent + 1) &&
        (own_class != 0 || last_class == kAdjacent)) {
      const utf8proc_int32_t joined = composite_of(code_points[starter], code_point);
      if (joined >= 0) {
        code_points[starter] = joined;
        continue;
      }
    }
    if (own_class == 0) {
      starter = size;
      has_starter = true;
      last_class = kAdjacent;
    } else {
      last_class = own_class;
    }
    code_points[size++] = code_point;
  }
  code_points.resize(size);
}

bool is_active(std::string_view text, size_t place, Character& character) {
  character = character_at(text, place);
  return (classes_of(character.code_point) & kNfcActive) != 0;
}

// From `begin`, whose character may be inert, over the active ones behind it.
size_t normalise_segment(std::string_view text, size_t begin, std::string& result, int64_t& steps) {
  CodePoints code_points;
  Character character = character_at(text, begin);
  size_t place = begin;
  do {
    decompose(character.code_point, code_points);
    place += character.num_bytes;
    ++steps;
  } while (place < text.size() && is_active(text, place, character));
  order_marks(code_points, steps);
  compose(code_points);
  for (const utf8proc_int32_t c : code_points) append_utf8(static_cast<char32_t>(c), result);
  return place;
}

// The first active character at or after `place`, or the text's size. `previous` is where the
// character before it begins, or `place` if there is none.
size_t find_active(std::string_view text, size_t place, size_t& previous, int64_t& steps) {
  previous = place;
  for (size_t length = 0; place < text.size(); previous = place, place += length) {
    ++steps;
    length = 1;
    if (static_cast<uint8_t>(text[place]) < 0x80) continue;
    Character character;
    if (is_active(text, place, character)) return place;
    length = character.num_bytes;
  }
  return text.size();
}

}  // namespace

bool is_inert_in_nfc(std::string_view text, int64_t& steps) {
  const bool is_low = std::none_of(
      text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) >= kFirstActiveLead; });
  size_t previous = 0;
  return is_low || find_active(text, 0, previous, steps) == text.size();
}

std::string normalise_nfc(std::string_view text, int64_t& steps) {
  std::string result;
  result.reserve(text.size());
  for (size_t place = 0; place < text.size();) {
    size_t previous = place;
    const size_t active = find_active(text, place, previous, steps);
    if (active == text.size()) {
      result += text.substr(place);
      break;
    }
    result += text.substr(place, previous - place);
    place = normalise_segment(text, previous, result, steps);
  }
  return result;
}

}  // namespace retrace::model
