#include "core/metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "core/append_file.h"
#include "core/error.h"
#include "core/files.h"
#include "core/tensorboard_writer.h"

namespace retrace::core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kFileName = "metrics.jsonl";

std::string json_line(const std::string& stage, int64_t step, const std::vector<Metric>& metrics) {
  Json line;
  line["stage"] = stage;
  line["step"] = step;
  for (const Metric& metric : metrics) {
    RETRACE_CHECK(!line.contains(metric.name), "metric '{}' is given twice in stage {} step {}",
                  metric.name, stage, step);
    line[metric.name] = metric.value;  // JSON has no NaN or infinity: dump() writes null
  }
  return line.dump() + "\n";
}

// The text up to the last newline: a crash may have left an unfinished line behind it.
std::string_view whole_lines(std::string_view text) {
  const size_t last_newline = text.rfind('\n');
  return last_newline == std::string_view::npos ? std::string_view()
                                                : text.substr(0, last_newline + 1);
}

fs::path prepare_folder(fs::path folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw_<DataError>("{}: cannot be created for the metrics: {}", folder.string(),
                      error.message());
  }
  const fs::path file = folder / kFileName;
  if (fs::exists(file, error)) {
    const std::string text = read_text_file(file);
    const std::string_view whole = whole_lines(text);
    if (whole.size() != text.size()) write_file_atomically(file, whole);
  }
  return folder;
}

int64_t parse_step(std::string_view line, const fs::path& file, int64_t line_number) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool is_valid = json.is_object() && json.contains("stage") && json["stage"].is_string() &&
                        json.contains("step") && json["step"].is_number_integer();
  if (!is_valid) {
    throw_<DataError>(
        "{}:{}: expected a JSON object with \"stage\" and \"step\", found '{}'; delete the line",
        file.string(), line_number, line.substr(0, 60));
  }
  return json["step"].get<int64_t>();
}

}  // namespace

struct MetricsWriter::Impl {
  explicit Impl(const fs::path& folder) : lines(folder / kFileName), tensorboard(folder) {}
  AppendFile lines;
  TensorBoardWriter tensorboard;
};

MetricsWriter::MetricsWriter(fs::path folder)
    : impl_(std::make_unique<Impl>(prepare_folder(std::move(folder)))) {}

MetricsWriter::~MetricsWriter() = default;

void MetricsWriter::write(const std::string& stage, int64_t step,
                          const std::vector<Metric>& metrics) {
  impl_->lines.append(json_line(stage, step, metrics));
  impl_->tensorboard.write(stage, step, metrics);
}

void MetricsWriter::truncate_after(const fs::path& folder, int64_t step) {
  const fs::path file = folder / kFileName;
  std::error_code error;
  if (!fs::exists(file, error)) return;
  const std::string text = read_text_file(file);
  std::string kept;
  std::string_view rest = whole_lines(text);
  for (int64_t line_number = 1; !rest.empty(); ++line_number) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (parse_step(line.substr(0, line.size() - 1), file, line_number) <= step) kept += line;
  }
  if (kept.size() != text.size()) write_file_atomically(file, kept);
}

}  // namespace retrace::core
