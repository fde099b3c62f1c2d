// egoworld: renders first-person route videos with exact labels.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <optional>
#include <thread>

#include "core/interrupt.h"
#include "core/program.h"
#include "core/progress.h"
#include "tools/command_line.h"
#include "tools/egoworld/clip_questions.h"
#include "tools/egoworld/generate.h"
#include "tools/egoworld/thought.h"

namespace {

using namespace retrace;

constexpr const char* kDescription =
    "Renders first-person walks through a procedural world to H.264 mp4, with questions about the "
    "way there and the way back, full ground truth, and exercises to train a base model on.";

constexpr const char* kFooter = R"(
Writes D/videos/000000.mp4 ..., D/qa.jsonl (two questions a clip and task), D/ground_truth.jsonl
(one line a clip), D/corpus.jsonl (with --corpus), D/Part*.json (with --layout benchmark) and,
last, D/manifest.json. The same options give the same text files byte for byte and the same
rendered pixels, whatever --jobs is; a folder that already holds them is left alone.

Themes (--theme): indoor, outdoor, mixed (two outdoor clips, two indoor ones, and so on).
Tasks (--tasks): direction, landmark, action, route. With action, the walker acts in the videos.
Levels (--difficulty): easy has 2 crossings, clear air and options far apart; medium 3; hard 4,
fog, greyish landmarks and options close to each other.

Thought styles (--thoughts): direct, recall, derive, check, copy_check, pair_check.
Check styles (--checks): none, plain, copy, pair.
Corpus kinds (--corpus): headings, events, check, invert, question, route_invert, route_tell; where
the walker acts also hands, actions, action_check, action_invert.

Example:
  egoworld --out world --clips 200 --seed 7 --theme indoor
  egoworld --out base --clips 8000 --seed 1 --thoughts recall:0.5,check:0.5 \
      --corpus headings:8000,events:8000,check:20000,invert:8000,question:32000
  egoworld --out benchmark --clips 200 --seed 3 --theme mixed \
      --tasks direction,landmark,action,route --layout benchmark

Exit codes: 0 done (or already there), 1 internal error, 2 bad usage, 3 the output folder or a
file in it, 130/143 interrupted.)";

struct CommandLine {
  egoworld::GenerateOptions options;
  std::string thoughts = "recall:0.7,check:0.3";
  std::string checks = "plain";
  std::string corpus;
  std::string tasks = "direction,landmark";
  std::optional<int64_t> num_junctions;
};

void add_world_options(CLI::App& app, CommandLine& line) {
  using egoworld::Difficulty;
  using egoworld::ThemeChoice;
  egoworld::GenerateOptions& options = line.options;
  tools::add_choice(app, "--theme", options.world.theme, "what the world looks like",
                    {{"indoor", ThemeChoice::kIndoor},
                     {"outdoor", ThemeChoice::kOutdoor},
                     {"mixed", ThemeChoice::kMixed}});
  tools::add_choice(
      app, "--difficulty", options.world.difficulty, "how hard the questions are, see Levels",
      {{"easy", Difficulty::kEasy}, {"medium", Difficulty::kMedium}, {"hard", Difficulty::kHard}});
  app.add_option("--tasks", line.tasks, "what is asked: direction,landmark,action,route")
      ->capture_default_str();
  tools::add_choice(app, "--layout", options.benchmark_layout,
                    "benchmark: also the Part*.json files of Ego-ST Bench",
                    {{"plain", false}, {"benchmark", true}});
  app.add_option("--junctions", line.num_junctions,
                 "crossings on a route, 2 to 5 (default: the difficulty's)");
  app.add_option("--width", options.world.render.width, "pixels, even")->capture_default_str();
  app.add_option("--height", options.world.render.height, "pixels, even")->capture_default_str();
  app.add_option("--frames", options.world.walk.num_frames, "frames a clip, 16 or more")
      ->capture_default_str();
  app.add_option("--fps", options.world.walk.fps, "frames per second")->capture_default_str();
}

void add_options(CLI::App& app, CommandLine& line) {
  egoworld::GenerateOptions& options = line.options;
  options.num_jobs = std::max(1U, std::thread::hardware_concurrency());
  app.add_option("--out", options.out, "output folder")->required();
  app.add_option("--clips", options.num_clips, "number of clips")->required();
  app.add_option("--seed", options.world.seed,
                 "everything is a function of the seed and the other options")
      ->required()
      ->check(CLI::NonNegativeNumber);  // without it, -1 would wrap around
  add_world_options(app, line);
  app.add_option("--thoughts", line.thoughts, "weights of the thought styles in the solutions")
      ->capture_default_str();
  app.add_option("--checks", line.checks, "weights of the check styles in the corpus")
      ->capture_default_str();
  app.add_option("--corpus", line.corpus,
                 "records of each kind, for example headings:2000,check:8000");
  app.add_option("--jobs", options.num_jobs, "threads")->capture_default_str();
  app.add_flag("--overwrite", options.overwrite,
               "replace what the output folder holds, unless it is exactly what was asked for");
}

void read_world_options(CommandLine& line) {
  egoworld::WorldOptions& world = line.options.world;
  world.num_junctions =
      line.num_junctions.value_or(egoworld::level_of(world.difficulty).num_junctions);
  world.tasks = egoworld::parse_tasks(line.tasks, "--tasks");
}

void render_world(CommandLine& line) {
  egoworld::GenerateOptions& options = line.options;
  read_world_options(line);
  options.corpus.thought_weights = egoworld::parse_thought_weights(line.thoughts, "--thoughts");
  options.corpus.check_weights = egoworld::parse_check_weights(line.checks, "--checks");
  if (!line.corpus.empty())
    options.corpus.counts = egoworld::parse_corpus_counts(line.corpus, "--corpus");
  validate(options);
  std::optional<core::ProgressLine> progress;
  const egoworld::Outcome outcome = generate(options, [&](int64_t done) {
    if (!progress) progress.emplace("egoworld", options.num_clips, "clips");
    progress->update(done);
  });
  if (progress) progress->finish();
  if (outcome == egoworld::Outcome::kAlreadyThere) {
    fmt::print("{}: already holds exactly this; nothing to do\n", options.out.string());
  } else {
    fmt::print("{}: {} clips, {} questions\n", options.out.string(), options.num_clips,
               egoworld::questions_per_clip(options.world) * options.num_clips);
  }
}

int run(int argc, char** argv) {
  CLI::App app(kDescription, "egoworld");
  app.footer(kFooter);
  CommandLine line;
  add_options(app, line);
  if (const auto code = tools::parse_command_line(app, argc, argv)) return *code;
  render_world(line);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  core::install_interrupt_handlers();
  return core::run_program("egoworld", [&] { return run(argc, argv); });
}
