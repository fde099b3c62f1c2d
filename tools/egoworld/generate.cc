#include "tools/egoworld/generate.h"

#include <atomic>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "data/video_writer.h"
#include "tools/egoworld/benchmark_files.h"
#include "tools/egoworld/ordered_lines.h"
#include "tools/egoworld/output_folder.h"
#include "tools/egoworld/records.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

constexpr int64_t kMaxClips = 1000000;  // as many as six digits name
constexpr int64_t kMaxJobs = 256;

void check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  core::throw_<core::ConfigError>("{}: must be {} to {}, is {}", name, low, high, value);
}

// The clips of one run, shared between threads.
class ClipFactory {
 public:
  ClipFactory(const GenerateOptions& options, const std::function<void(int64_t)>& on_progress)
      : options_(options),
        on_progress_(on_progress),
        questions_(options.out / "qa.jsonl"),
        ground_truth_(options.out / "ground_truth.jsonl") {}

  void run() {
    on_progress_(0);
    const int64_t num_threads = std::min(options_.num_jobs, options_.num_clips);
    std::vector<std::thread> threads;
    for (int64_t i = 1; i < num_threads; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    if (done_ < options_.num_clips) throw_interrupted();
    questions_.finish();
    ground_truth_.finish();
  }

 private:
  void work() {
    try {
      for (int64_t clip = next_++; clip < options_.num_clips; clip = next_++) {
        if (stop_ || core::interrupt_signal() != 0) return;
        make(clip);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop_ = true;
    }
  }

  void make(int64_t index) {
    const Clip clip = make_clip(options_.world, index);
    const Rendering rendering = render(options_.world, clip);
    data::VideoWriterOptions video;
    video.fps = options_.world.walk.fps;
    data::write_video(options_.out / video_name(index), rendering.frames_FCYX, video);
    std::string questions;
    for (const std::string& line :
         question_lines(options_.world, clip, options_.corpus.thought_weights)) {
      questions += line + "\n";
    }
    std::string ground_truth = ground_truth_line(options_.world, clip, rendering.boxes) + "\n";
    const std::lock_guard lock(mutex_);
    questions_.add(index, std::move(questions));
    ground_truth_.add(index, std::move(ground_truth));
    on_progress_(++done_);
  }

  [[noreturn]] void throw_interrupted() const {
    const bool terminated = core::interrupt_signal() == SIGTERM;
    throw core::Error(
        terminated ? core::ExitCode::kTerminated : core::ExitCode::kInterrupted,
        fmt::format("{}: interrupted after {} of {} clips; run again with --overwrite",
                    options_.out.string(), done_, options_.num_clips));
  }

  const GenerateOptions& options_;
  const std::function<void(int64_t)>& on_progress_;
  std::atomic<int64_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;  // guards everything below
  OrderedLines questions_, ground_truth_;
  int64_t done_ = 0;
  std::exception_ptr failure_;
};

void write_corpus(const GenerateOptions& options) {
  OrderedLines lines(options.out / "corpus.jsonl");
  int64_t index = 0;
  for (const ExerciseRecord& record :
       make_corpus(options.world, options.num_clips, options.corpus)) {
    lines.add(index++, corpus_line(record) + "\n");
  }
  lines.finish();
}

}  // namespace

void validate(const GenerateOptions& options) {
  if (options.out.empty()) core::throw_<core::ConfigError>("out: must name a folder, is empty");
  check_range("clips", options.num_clips, 1, kMaxClips);
  check_range("jobs", options.num_jobs, 1, kMaxJobs);
  validate(options.world);
  check_corpus_counts(options.world, options.corpus, options.num_clips);
}

Outcome generate(const GenerateOptions& options, const std::function<void(int64_t)>& on_progress) {
  validate(options);
  if (is_complete_or_prepare(options)) return Outcome::kAlreadyThere;
  ClipFactory(options, on_progress).run();
  if (options.has_corpus()) write_corpus(options);
  if (options.benchmark_layout) {
    for (const BenchmarkFile& file : benchmark_files(options.world, options.num_clips))
      core::write_file_atomically(options.out / file.name, file.content);
  }
  core::write_file_atomically(options.out / "manifest.json", manifest_text(options));
  return Outcome::kWritten;
}

}  // namespace retrace::egoworld
