#include "model/character_class.h"

#include <cstdlib>
#include <vector>

#include "model/unicode_tables.h"

namespace retrace::model {

namespace {

constexpr size_t kNumCodePoints = 0x110000;

void mark_ranges(const char* ranges, uint8_t bit, std::vector<uint8_t>& classes) {
  for (const char* place = ranges; *place != '\0';) {
    char* end = nullptr;
    const size_t first = std::strtoul(place, &end, 16);
    const size_t last = *end == '-' ? std::strtoul(end + 1, &end, 16) : first;
    for (size_t code_point = first; code_point <= last; ++code_point) classes[code_point] |= bit;
    for (place = end; *place == ' ';) ++place;
  }
}

std::vector<uint8_t> make_classes() {
  std::vector<uint8_t> classes(kNumCodePoints);
  mark_ranges(kLetterRanges, kLetter, classes);
  mark_ranges(kNumberRanges, kNumber, classes);
  mark_ranges(kMarkRanges, kMark, classes);
  mark_ranges(kSpaceRanges, kSpace, classes);
  mark_ranges(kWordRanges, kWordOnly, classes);
  mark_ranges(kCombiningRanges, kCombining, classes);
  mark_ranges(kNfcActiveRanges, kNfcActive, classes);
  return classes;
}

}  // namespace

uint8_t classes_of(char32_t code_point) {
  static const std::vector<uint8_t> classes = make_classes();
  return classes[code_point];
}

}  // namespace retrace::model
