#include "reward/judge_cache.h"

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <system_error>

#include "core/error.h"
#include "core/logging.h"

namespace retrace::reward {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return !file.fail();
}

bool is_part(double value) {
  return value >= 0 && value <= 5;  // false of NaN
}

}  // namespace

JudgeCache::JudgeCache(fs::path folder)
    : folder_(std::move(folder)),
      name_(fmt::format("{}-{:08x}", ::getpid(), std::random_device()())) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error && ::access(folder_.c_str(), W_OK | X_OK) != 0)
    error = {errno, std::generic_category()};
  if (error) {
    core::throw_<core::DataError>("{}: judge cache cannot be used: {}; give a folder to write to",
                                  folder_.string(), error.message());
  }
}

fs::path JudgeCache::path_of(std::string_view key) const {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  const std::string name = fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  return folder_ / name.substr(0, 2) / (name + ".json");
}

std::optional<JudgeVerdict> JudgeCache::find(std::string_view key) const {
  const fs::path path = path_of(key);
  const std::optional<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  try {
    const Json entry = Json::parse(*text);
    if (entry.at("version") != kVersion || entry.at("key") != key) return std::nullopt;
    JudgeVerdict verdict{.direction = entry.at("direction").get<double>(),
                         .landmark = entry.at("landmark").get<double>(),
                         .semantics = entry.at("semantics").get<double>(),
                         .explanation = entry.at("explanation").get<std::string>()};
    if (is_part(verdict.direction) && is_part(verdict.landmark) && is_part(verdict.semantics))
      return verdict;
  } catch (const Json::exception&) {  // counts as missing
  }
  warn_once(path);
  return std::nullopt;
}

void JudgeCache::warn_once(const fs::path& path) const {
  if (warned_.exchange(true)) return;
  core::log_warning(
      "{}: judge cache: expected a verdict of three parts from 0 to 5, found something else; such "
      "entries are asked for again and replaced",
      path.string());
}

bool JudgeCache::store(std::string_view key, const JudgeVerdict& verdict) const {
  const fs::path path = path_of(key);
  const fs::path temporary = path.parent_path() / fmt::format(".{}.{}-{}.tmp", path.stem().string(),
                                                              name_, num_temporary_++);
  const Json entry = {{"version", kVersion},
                      {"key", key},
                      {"direction", verdict.direction},
                      {"landmark", verdict.landmark},
                      {"semantics", verdict.semantics},
                      {"explanation", verdict.explanation}};
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  bool stored = write_file(temporary, entry.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (stored) {
    fs::rename(temporary, path, error);
    stored = !error;
  }
  if (!stored) fs::remove(temporary, error);
  return stored;
}

}  // namespace retrace::reward
