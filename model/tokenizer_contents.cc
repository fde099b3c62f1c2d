#include "model/tokenizer_contents.h"

#include <string_view>
#include <unordered_map>

#include "core/config_tree.h"
#include "core/error.h"

namespace retrace::model {

void add_merges(const std::vector<std::pair<std::string, std::string>>& pairs,
                const std::string& place, TokenizerContents& contents) {
  std::unordered_map<std::string_view, int32_t> ids;
  ids.reserve(contents.vocab.size());
  for (const auto& [spelling, id] : contents.vocab) ids.emplace(spelling, static_cast<int32_t>(id));
  contents.merges.reserve(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    const std::string& left = pairs[i].first;
    const std::string& right = pairs[i].second;
    const auto id_of = [&](const std::string& spelling) {
      const auto it = ids.find(spelling);
      if (it == ids.end()) {
        core::throw_<core::CheckpointError>(
            "{}: merge {}: '{}' + '{}' needs the token '{}', which the vocabulary lacks", place, i,
            core::one_line(left), core::one_line(right), core::one_line(spelling));
      }
      return it->second;
    };
    contents.merges.push_back(
        {id_of(left), id_of(right), id_of(left + right), static_cast<int32_t>(i)});
  }
}

}  // namespace retrace::model
