#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) > 127;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::vector<std::string> words(std::string_view text, size_t max_words) {
  std::vector<std::string> list;
  std::string word;
  for (size_t i = 0; i <= text.size() && list.size() < max_words; ++i) {
    if (i < text.size() && is_word_byte(text[i])) {
      word += lower(text[i]);
    } else if (i < text.size() && text[i] == '\'' && !word.empty()) {
      continue;
    } else if (!word.empty()) {
      list.push_back(std::move(word));
      word.clear();
    }
  }
  return list;
}

std::string padded_words(std::string_view text) {
  std::string joined = " ";
  for (const std::string& word : words(text)) joined += word + " ";
  return joined;
}

}  // namespace retrace::reward
