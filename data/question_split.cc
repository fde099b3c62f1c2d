#include "data/question_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/random.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

struct Video {
  std::string name;
  std::vector<size_t> samples;
  double place = 0;  // in (0, 1): share of its source's questions before it
};

std::map<std::string, std::vector<Video>> videos_by_source(std::span<const Sample> samples) {
  std::map<std::string, std::map<std::string, std::vector<size_t>>> found;
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string video = video_name_of(samples[i]);
    if (video.empty()) {
      core::throw_<core::DataError>(
          "line {}: has no video; questions are divided by the videos that they are about",
          samples[i].index + 1);
    }
    found[samples[i].source][video].push_back(i);
  }
  std::map<std::string, std::vector<Video>> sources;
  for (const auto& [source, videos] : found) {
    for (const auto& [name, positions] : videos) sources[source].push_back({name, positions});
  }
  return sources;
}

// Every prefix holds of each source the same share of questions, to within a video.
std::vector<Video> spread_videos(std::span<const Sample> samples, uint64_t seed) {
  std::vector<Video> all;
  const core::RandomStream stream(seed, "question_split");
  uint64_t source_number = 0;
  for (auto& [source, videos] : videos_by_source(samples)) {
    core::RandomSequence(stream.substream(source_number++)).shuffle(videos);
    double total = 0, before = 0;
    for (const Video& video : videos) total += static_cast<double>(video.samples.size());
    for (Video& video : videos) {
      const auto size = static_cast<double>(video.samples.size());
      video.place = (before + size / 2) / total;
      before += size;
      all.push_back(std::move(video));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Video& a, const Video& b) { return a.place < b.place; });
  return all;
}

std::vector<size_t> samples_of(std::span<const Video> videos) {
  std::vector<size_t> positions;
  for (const Video& video : videos)
    positions.insert(positions.end(), video.samples.begin(), video.samples.end());
  std::sort(positions.begin(), positions.end());
  return positions;
}

// The number of videos whose questions are nearest to `size`.
size_t prefix_length(std::span<const Video> videos, int64_t size) {
  size_t best = 0;
  int64_t count = 0, best_distance = size;
  for (size_t i = 0; i < videos.size(); ++i) {
    count += std::ssize(videos[i].samples);
    if (std::abs(count - size) >= best_distance) continue;
    best = i + 1;
    best_distance = std::abs(count - size);
  }
  return std::max<size_t>(best, 1);
}

// Of the released files.
constexpr std::array<int64_t, 6> kReleasedSizes = {63, 126, 252, 378, 504, 630};

std::vector<int64_t> sizes_up_to(int64_t num_train) {
  std::vector<int64_t> sizes;
  for (const int64_t size : kReleasedSizes) {
    if (size < num_train) sizes.push_back(size);
  }
  sizes.push_back(num_train);
  return sizes;
}

void check(const NestedSplitOptions& options) {
  if (options.test_share < 0 || options.test_share >= 1) {
    core::throw_<core::ConfigError>("--test-share: must be in [0, 1), is {}", options.test_share);
  }
  int64_t last = 0;
  for (const int64_t size : options.sizes) {
    if (size <= last) {
      core::throw_<core::ConfigError>("--sizes: must ascend from at least 1, found {} after {}",
                                      size, last);
    }
    last = size;
  }
}

}  // namespace

NestedSplit nested_split(std::span<const Sample> samples, const NestedSplitOptions& options) {
  check(options);
  const std::vector<Video> videos = spread_videos(samples, options.seed);
  const auto num_test =
      static_cast<size_t>(std::llround(options.test_share * static_cast<double>(videos.size())));
  const std::span<const Video> all(videos);
  const std::span<const Video> train = all.first(videos.size() - num_test);
  NestedSplit split;
  split.test = samples_of(all.last(num_test));
  const int64_t num_train = std::ssize(samples) - std::ssize(split.test);
  if (num_train == 0) {
    core::throw_<core::ConfigError>("--test-share: {} of {} videos leaves none to train on",
                                    options.test_share, videos.size());
  }
  split.sizes = options.sizes.empty() ? sizes_up_to(num_train) : options.sizes;
  for (const int64_t size : split.sizes) {
    if (size > num_train) {
      core::throw_<core::ConfigError>(
          "--sizes: {} questions asked for, there are {} to train on; leave the size out", size,
          num_train);
    }
    split.train.push_back(samples_of(train.first(prefix_length(train, size))));
  }
  return split;
}

SourceSplit split_off_source(std::span<const Sample> samples, const std::string& source) {
  SourceSplit split;
  std::set<std::string> sources;
  for (size_t i = 0; i < samples.size(); ++i) {
    (samples[i].source == source ? split.test : split.train).push_back(i);
    sources.insert(samples[i].source.empty() ? "unknown" : samples[i].source);
  }
  if (split.test.empty() || split.train.empty()) {
    core::throw_<core::DataError>(
        "--hold-out: expected questions of source '{}' and of others, found only: {}; name another "
        "source, or none",
        source, fmt::join(sources, ", "));
  }
  return split;
}

}  // namespace retrace::data
