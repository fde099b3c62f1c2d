#include "data/hardening_blocks.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <tuple>

#include "data/option_text.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

// Takes the next block out of `pool`, indices by answer length; fewer where it has no complete one
// that starts with its first question.
std::vector<size_t> take_block(std::list<size_t>& pool, const std::vector<Sample>& samples,
                               const std::vector<std::string>& answers, size_t block_size) {
  std::vector<size_t> block;
  std::set<std::vector<std::string>> texts;
  std::set<std::string> videos;
  for (auto next = pool.begin(); next != pool.end() && block.size() < block_size;) {
    const auto words = words_of(answers[*next]);
    const std::string video = video_name_of(samples[*next]);
    if (texts.contains(words) || (!video.empty() && videos.contains(video))) {
      ++next;
      continue;
    }
    texts.insert(words);
    videos.insert(video);
    block.push_back(*next);
    next = pool.erase(next);
  }
  return block;
}

}  // namespace

std::vector<std::vector<size_t>> answer_blocks(const std::vector<Sample>& samples,
                                               const std::vector<std::string>& answers,
                                               size_t block_size) {
  std::map<std::tuple<Task, TravelDirection, std::string>, std::vector<size_t>> kinds;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!answers[i].empty())
      kinds[{samples[i].task, samples[i].direction, samples[i].source}].push_back(i);
  }
  std::vector<std::vector<size_t>> others(samples.size());
  for (auto& [kind, members] : kinds) {
    std::stable_sort(members.begin(), members.end(),
                     [&](size_t a, size_t b) { return answers[a].size() < answers[b].size(); });
    std::list<size_t> pool(members.begin(), members.end());
    while (!pool.empty()) {
      const std::vector<size_t> block = take_block(pool, samples, answers, block_size);
      if (block.size() < block_size) continue;
      for (const size_t index : block)
        for (const size_t other : block)
          if (other != index) others[index].push_back(other);
    }
  }
  return others;
}

}  // namespace retrace::data
