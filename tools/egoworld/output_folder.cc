#include "tools/egoworld/output_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/files.h"
#include "tools/egoworld/benchmark_files.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Raised whenever the same options give other labels, text or pixels than before.
constexpr int kGeneratorVersion = 1;
// Version 1 began with these kinds of exercises; others, and options that came later, are named
// only where they are used, so that folders written before them stay what is asked for.
constexpr int kNumFirstKinds = 5;

bool is_clip_name(const std::string& name) {
  return name.size() >= 10 && name.ends_with(".mp4") &&
         std::all_of(name.begin(), name.end() - 4,
                     [](unsigned char c) { return c >= '0' && c <= '9'; });
}

void remove_own_files(const fs::path& folder) {
  // The manifest goes first: from here on the folder is not complete.
  for (const char* name : {"manifest.json", "qa.jsonl", "ground_truth.jsonl", "corpus.jsonl"}) {
    fs::remove(folder / name);
  }
  for (const std::string& name : all_benchmark_file_names()) fs::remove(folder / name);
  const fs::path videos = folder / "videos";
  if (!fs::is_directory(videos)) return;
  std::vector<fs::path> clips;
  for (const fs::directory_entry& entry : fs::directory_iterator(videos)) {
    if (is_clip_name(entry.path().filename().string())) clips.push_back(entry.path());
  }
  for (const fs::path& clip : clips) fs::remove(clip);
}

// "" when the folder holds what the manifest says, else what is wrong with it.
std::string difference(const GenerateOptions& options) {
  if (!fs::exists(options.out / "manifest.json"))
    return "it has no manifest.json (unfinished, or not EgoWorld's)";
  if (core::read_text_file(options.out / "manifest.json") != manifest_text(options)) {
    return "its manifest.json names other options";
  }
  std::vector<std::string> expected = {"qa.jsonl", "ground_truth.jsonl"};
  if (options.has_corpus()) expected.emplace_back("corpus.jsonl");
  if (options.benchmark_layout) {
    for (std::string& name : benchmark_file_names(options.world, options.num_clips))
      expected.push_back(std::move(name));
  }
  for (int64_t clip = 0; clip < options.num_clips; ++clip) expected.push_back(video_name(clip));
  for (const std::string& name : expected) {
    if (!fs::exists(options.out / name)) return name + " is missing";
  }
  return "";
}

}  // namespace

std::string manifest_text(const GenerateOptions& options) {
  const WorldOptions& world = options.world;
  Json corpus = Json::object();
  for (int kind = 0; kind < kNumExerciseKinds; ++kind) {
    const int64_t count = options.corpus.counts[kind];
    if (kind < kNumFirstKinds || count > 0)
      corpus[std::string(to_string(static_cast<ExerciseKind>(kind)))] = count;
  }
  Json thoughts = Json::object();
  for (int style = 0; style < kNumThoughtStyles; ++style) {
    thoughts[std::string(to_string(static_cast<ThoughtStyle>(style)))] =
        options.corpus.thought_weights[style];
  }
  Json checks = Json::object();
  for (int style = 0; style < kNumCheckStyles; ++style) {
    checks[std::string(to_string(static_cast<CheckStyle>(style)))] =
        options.corpus.check_weights[style];
  }
  Json manifest = {{"generator", "egoworld"},
                   {"version", kGeneratorVersion},
                   {"theme", to_string(world.theme)},
                   {"seed", world.seed},
                   {"clips", options.num_clips},
                   {"junctions", world.num_junctions},
                   {"width", world.render.width},
                   {"height", world.render.height},
                   {"frames", world.walk.num_frames},
                   {"fps", world.walk.fps},
                   {"thoughts", thoughts},
                   {"checks", checks},
                   {"corpus", corpus}};
  if (world.difficulty != Difficulty::kMedium) manifest["difficulty"] = to_string(world.difficulty);
  if (world.tasks != WorldOptions().tasks) {
    manifest["tasks"] = Json::array();
    for (const data::Task task : world.tasks) manifest["tasks"].push_back(data::to_string(task));
  }
  if (options.benchmark_layout) manifest["layout"] = "benchmark";
  return manifest.dump(2) + "\n";
}

bool is_complete_or_prepare(const GenerateOptions& options) {
  try {
    if (fs::exists(options.out) && !fs::is_directory(options.out)) {
      core::throw_<core::DataError>("{}: is a file, not a folder; choose another --out",
                                    options.out.string());
    }
    if (fs::exists(options.out) && !fs::is_empty(options.out)) {
      const std::string problem = difference(options);
      if (problem.empty()) return true;
      if (!options.overwrite) {
        core::throw_<core::DataError>(
            "{}: holds something else: {}; choose another --out, or pass --overwrite to "
            "replace EgoWorld's files there",
            options.out.string(), problem);
      }
      remove_own_files(options.out);
    }
    fs::create_directories(options.out / "videos");
  } catch (const fs::filesystem_error& error) {
    core::throw_<core::DataError>("{}: cannot be prepared: {}; check --out and its permissions",
                                  options.out.string(), error.code().message());
  }
  return false;
}

}  // namespace retrace::egoworld
