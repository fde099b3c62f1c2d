#include "data/option_mentions.h"

#include <cctype>

#include "data/option_text.h"

namespace retrace::data {
namespace {

bool joins_words(char c) {
  constexpr unsigned char kFirstNonAscii = 128;
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= kFirstNonAscii || c == '\'';
}

bool is_lone_letter(std::string_view text, size_t at, size_t num_options) {
  if (text[at] < 'A' || text[at] >= option_letter(num_options)) return false;
  if (at > 0 && joins_words(text[at - 1])) return false;
  return at + 1 == text.size() || !joins_words(text[at + 1]);
}

bool is_article(std::string_view text, size_t at) {
  return text[at] == 'A' && at + 2 < text.size() && text[at + 1] == ' ' &&
         std::islower(static_cast<unsigned char>(text[at + 2])) != 0;
}

MentionKind kind_of(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at), after = text.substr(at + 1);
  if (before.ends_with("<answer>") || before.ends_with("answer is ")) return MentionKind::kAnswer;
  return after.starts_with(':') ? MentionKind::kLabel : MentionKind::kUnclear;
}

}  // namespace

std::vector<OptionMention> option_mentions(std::string_view text, size_t num_options) {
  std::vector<OptionMention> mentions;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_lone_letter(text, at, num_options)) continue;
    const MentionKind kind = kind_of(text, at);
    if (kind == MentionKind::kUnclear && is_article(text, at)) continue;
    mentions.push_back({at, kind});
  }
  return mentions;
}

}  // namespace retrace::data
