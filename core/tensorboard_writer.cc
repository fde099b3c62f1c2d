#include "core/tensorboard_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>

#include "core/crc32c.h"
#include "core/tensorboard_event.pb.h"

namespace retrace::core {
namespace {

double wall_time_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::filesystem::path event_file_name() {
  static std::atomic<int> num_files{0};  // two writers of one process within a second
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'h', 'o', 's', 't'};
  return fmt::format("events.out.tfevents.{:010}.{}.{}.{}",
                     static_cast<int64_t>(wall_time_seconds()), host.data(),
                     static_cast<int64_t>(::getpid()), num_files++);
}

template <class Integer>
void append_little_endian(Integer value, std::string& bytes) {
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    bytes += static_cast<char>(static_cast<uint8_t>(value >> (8 * i)));
  }
}

}  // namespace

std::string tfrecord(std::string_view payload) {
  std::string record;
  append_little_endian(static_cast<uint64_t>(payload.size()), record);
  append_little_endian(masked_crc32c(record), record);
  record += payload;
  append_little_endian(masked_crc32c(payload), record);
  return record;
}

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder)
    : file_(folder / event_file_name()) {
  tensorboard::Event event;
  event.set_wall_time(wall_time_seconds());
  event.set_file_version("brain.Event:2");
  file_.append(tfrecord(event.SerializeAsString()));
}

void TensorBoardWriter::write(const std::string& stage, int64_t step,
                              const std::vector<Metric>& metrics) {
  tensorboard::Event event;
  event.set_wall_time(wall_time_seconds());
  event.set_step(step);
  for (const Metric& metric : metrics) {
    tensorboard::Summary::Value* value = event.mutable_summary()->add_value();
    value->set_tag(fmt::format("{}/{}", stage, metric.name));
    value->set_simple_value(static_cast<float>(metric.value));
  }
  file_.append(tfrecord(event.SerializeAsString()));
}

}  // namespace retrace::core
