#include "data/jsonl_dataset.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/files.h"
#include "core/logging.h"
#include "core/random.h"
#include "data/benchmark_file.h"
#include "data/pair_index.h"
#include "data/record_reader.h"

namespace retrace::data {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

// A record before it is looked into.
struct RawRecord {
  int64_t index = 0;
  std::string id;  // benchmark files only
  std::string line;
  std::string broken;  // known to be broken, and why
};

std::vector<RawRecord> raw_records(const std::filesystem::path& file) {
  std::vector<RawRecord> records;
  if (is_benchmark_file(file)) {
    for (BenchmarkRecord& record : read_benchmark_file(file)) {
      records.push_back({std::ssize(records), std::move(record.id), std::move(record.line),
                         std::move(record.broken)});
    }
    return records;
  }
  const std::string content = core::read_text_file(file);
  size_t begin = 0;
  for (int64_t index = 0; begin < content.size(); ++index) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line(content.data() + begin, end - begin);
    begin = end + 1;
    if (!is_blank(line)) records.push_back({index, "", std::string(line), ""});
  }
  return records;
}

Sample read(const DatasetOptions& options, const RawRecord& record) {
  const std::string file = options.file.string();
  const std::string place = is_benchmark_file(options.file)
                                ? fmt::format("{}: record '{}'", file, core::one_line(record.id))
                                : fmt::format("{}:{}", file, record.index + 1);
  if (!record.broken.empty()) core::throw_<core::DataError>("{}: {}", place, record.broken);
  Sample sample = read_record(options, record.index, place, record.line);
  sample.id = record.id;
  return sample;
}

}  // namespace

std::vector<Sample> read_dataset(const DatasetOptions& options) {
  if (options.max_samples < 0) {
    core::throw_<core::ConfigError>("max_samples: must be at least 0 (0 keeps all), is {}",
                                    options.max_samples);
  }
  std::vector<Sample> samples;
  int64_t num_broken = 0;
  for (const RawRecord& record : raw_records(options.file)) {
    try {
      samples.push_back(read(options, record));
    } catch (const core::DataError& error) {
      if (!options.skip_broken) throw;
      core::log_warning("{}; this record is left out", error.what());
      ++num_broken;
      continue;
    }
    if (std::ssize(samples) == options.max_samples) break;
  }
  if (num_broken > 0) {
    core::log_warning("{}: {} records left out, {} kept", options.file.string(), num_broken,
                      samples.size());
  }
  if (samples.empty()) {
    core::throw_<core::DataError>("{}: has no {}records; expected one JSON object a line",
                                  options.file.string(), num_broken > 0 ? "usable " : "");
  }
  fill_opposites(samples);
  return samples;
}

std::vector<int64_t> epoch_order(int64_t num_samples, uint64_t seed, int64_t epoch) {
  RETRACE_CHECK(num_samples >= 0 && epoch >= 0, "{} samples, epoch {}", num_samples, epoch);
  std::vector<int64_t> order(static_cast<size_t>(num_samples));
  std::iota(order.begin(), order.end(), 0);
  core::RandomStream stream(seed, "epoch_order");
  core::RandomSequence(stream.substream(static_cast<uint64_t>(epoch))).shuffle(order);
  return order;
}

}  // namespace retrace::data
