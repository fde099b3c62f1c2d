#include "rl/run_folder.h"

#include <torch/headeronly/version.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/files.h"

namespace retrace::rl {
namespace {

std::string cpu_model() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

}  // namespace

void RunFolder::create(const std::string& resolved_yaml, int world_size) const {
  std::error_code error;
  for (const auto& folder : {root_, checkpoints(), rollouts(), evaluations()}) {
    std::filesystem::create_directories(folder, error);
    if (error) {
      core::throw_<core::DataError>("{}: cannot be created: {}; choose another --run-dir",
                                    folder.string(), error.message());
    }
  }
  core::write_file_atomically(config(), resolved_yaml);
  const nlohmann::ordered_json environment_json = {{"retrace_version", RETRACE_VERSION},
                                                   {"libtorch_version", TORCH_VERSION},
                                                   {"compiler", __VERSION__},
                                                   {"host", host_name()},
                                                   {"cpu", cpu_model()},
                                                   {"ranks", world_size}};
  core::write_file_atomically(environment(), environment_json.dump(2) + "\n");
}

void RunFolder::point(const std::filesystem::path& link,
                      const std::filesystem::path& folder) const {
  std::filesystem::remove(link);
  std::filesystem::create_directory_symlink(std::filesystem::relative(folder, root_), link);
}

}  // namespace retrace::rl
