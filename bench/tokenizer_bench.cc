// Speed of the tokenizer, one thread: loading, plain English, and texts that are made to be slow.
//
//   python3 tests/golden/tokenizer_parity.py BUILD/bin/tokenizer_parity --write /tmp/qwen
//   export RETRACE_TOKENIZER=/tmp/qwen/tokenizer_json RETRACE_TEXT=book.txt
//   BUILD/bin/tokenizer_bench
//
// Without the variables: the tiny model's vocabulary and the project's own pages. bytes_per_second
// is of CPU time.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/files.h"
#include "model/tokenizer.h"

namespace {

using retrace::model::Tokenizer;
namespace fs = std::filesystem;

constexpr size_t kMegabyte = 1 << 20;

fs::path tokenizer_folder() {
  const char* folder = std::getenv("RETRACE_TOKENIZER");
  return folder != nullptr ? fs::path(folder) : fs::path(RETRACE_SOURCE_DIR) / "assets" / "tiny";
}

const Tokenizer& tokenizer() {
  static const Tokenizer instance = Tokenizer::from_folder(tokenizer_folder());
  return instance;
}

const std::string& english() {
  static const std::string text = [] {
    if (const char* file = std::getenv("RETRACE_TEXT")) return retrace::core::read_text_file(file);
    std::string pages;
    for (const auto& entry : fs::directory_iterator(fs::path(RETRACE_SOURCE_DIR) / "docs")) {
      if (entry.path().extension() == ".md") pages += retrace::core::read_text_file(entry.path());
    }
    return pages;
  }();
  return text;
}

void encode_all(benchmark::State& state, const Tokenizer& used, const std::string& text) {
  size_t num_ids = 0;
  for (auto _ : state) num_ids = used.encode(text).size();
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
  state.counters["ids"] = static_cast<double>(num_ids);
}

void Load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::from_folder(tokenizer_folder()));
}

// The first pass after loading, once; there is no cache of words to warm.
void EnglishFirstPass(benchmark::State& state) {
  english();
  const Tokenizer fresh = Tokenizer::from_folder(tokenizer_folder());
  encode_all(state, fresh, english());
}

void English(benchmark::State& state) {
  encode_all(state, tokenizer(), english());
}

void DecodeEnglish(benchmark::State& state) {
  const std::vector<int64_t> ids = tokenizer().encode(english());
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer().decode(ids));
  state.SetBytesProcessed(static_cast<int64_t>(english().size()) * state.iterations());
}

std::string repeated(std::string_view unit) {
  std::string text;
  while (text.size() < kMegabyte) text += unit;
  return text;
}

void Megabyte(benchmark::State& state, std::string_view unit) {
  encode_all(state, tokenizer(), repeated(unit));
}

BENCHMARK(Load)->Unit(benchmark::kMillisecond);
BENCHMARK(EnglishFirstPass)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(English)->Unit(benchmark::kMillisecond);
BENCHMARK(DecodeEnglish)->Unit(benchmark::kMillisecond);
#define RETRACE_MEGABYTE(name, unit) \
  BENCHMARK_CAPTURE(Megabyte, name, unit)->Unit(benchmark::kMillisecond)
RETRACE_MEGABYTE(one_letter, "a");
RETRACE_MEGABYTE(spaces, " ");
RETRACE_MEGABYTE(line_ends, "\n");
RETRACE_MEGABYTE(combining_marks, "\xCC\x81");
RETRACE_MEGABYTE(marks_out_of_order, "\xCC\x81\xCC\xA3");
RETRACE_MEGABYTE(digits, "7");
RETRACE_MEGABYTE(exclamation_marks, "!");
RETRACE_MEGABYTE(invalid_utf8, "\xff");
RETRACE_MEGABYTE(starts_of_an_added_token, "<|im_start");
RETRACE_MEGABYTE(chinese, "\xE4\xB8\xAD\xE6\x96\x87");

}  // namespace

BENCHMARK_MAIN();
