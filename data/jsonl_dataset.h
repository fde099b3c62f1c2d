// Reads question files: one JSON object a line with the five string fields of the Ego-ST training
// files (problem, solution, video, original_question, original_answer) and, where EgoWorld wrote
// it, "task" and "direction", and "source" (data::Sample::source).
//
// A record may have "videos" instead of "video", and "image" or "images" instead of either or
// beside it: a path or a list of paths. Where a kind has placeholders in the problem ("<video>",
// "<image>"), there is one for each, in the order of the list.
//
// A file whose name ends in ".json" is one of Ego-ST Bench (data/benchmark_file.h).
//
// Sample::question and options are filled where the problem has "Options:", task, direction, source
// and opposite where the demonstration has the form of Ego-ST (data/egost_labels.h), opposite also
// where the file asks for both directions of a route (data/pair_index.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/sample.h"

namespace retrace::data {

struct DatasetOptions {
  std::filesystem::path file;
  std::filesystem::path
      video_root;  // replaces the folder part of absolute paths of videos and images; relative ones
                   // are taken from here, or from the file's own folder when empty
  bool allow_text_only = false;  // accept records without videos and images ("video" may be "")
  int64_t max_samples = 0;       // keep the first so many; 0 keeps all
  bool skip_broken = false;      // leave out records that cannot be used, with a warning for each
  bool check_files = true;       // false: videos and images need not exist (texts alone are read)
};

// Throws DataError "<file>:<line>: field 'video': expected a string, found a number; ..." for a
// missing file, bad JSON, a missing or mistyped field, an unknown task name, a video or
// image file that does not exist, placeholders that do not fit their lists, or an empty file.
std::vector<Sample> read_dataset(const DatasetOptions& options);

// The order in which epoch `epoch` visits `num_samples` samples: a seeded permutation.
std::vector<int64_t> epoch_order(int64_t num_samples, uint64_t seed, int64_t epoch);

}  // namespace retrace::data
