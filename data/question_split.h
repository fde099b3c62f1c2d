// Training sets of several sizes and tests that share no video with them.
//
// The released Ego-ST files of 63 to 504 questions are random records: of a route that is asked
// about in both directions, one direction is often in the small file and the other is not. Here
// whole videos are taken, so pairs stay together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct NestedSplitOptions {
  // Questions, ascending. Empty: those of the released files (63, 126, 252, 378, 504, 630) that are
  // less than what there is to train on, then all of it.
  std::vector<int64_t> sizes;
  double test_share = 0;  // [0, 1) of all videos, held out first
  uint64_t seed = 0;
};

// Positions in the list of samples, ascending.
struct NestedSplit {
  std::vector<size_t> test;                // empty where nothing is held out
  std::vector<int64_t> sizes;              // asked for, or chosen
  std::vector<std::vector<size_t>> train;  // one a size; each holds the one before
};

// Videos stand in a random order in which every source is spread evenly; the test takes the last of
// them and each size a prefix: the one nearest in questions, the shorter of two. So every set has
// the sources' shares of the whole to within a video. A function of the video names, not of the
// order of samples. Throws ConfigError for sizes that do not ascend, are below 1 or beyond what
// there is after the test is held out, and for a test that leaves nothing, DataError for a sample
// without video. Messages have the names of egost's options.
NestedSplit nested_split(std::span<const Sample> samples, const NestedSplitOptions& options);

// Trained on other sources than tested on.
struct SourceSplit {
  std::vector<size_t> train, test;
};

// The test is what `source` has. A video has one source, so no video is in both. Throws DataError
// where one side would be empty, naming the sources there are.
SourceSplit split_off_source(std::span<const Sample> samples, const std::string& source);

}  // namespace retrace::data
