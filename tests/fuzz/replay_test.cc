// Replays the files of corpus/ through the fuzz targets: small ones of every kind, and those that a
// fuzzer found to break, slow down or swell a reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/targets.h"

namespace retrace::fuzz {
namespace {

namespace fs = std::filesystem;

struct Target {
  const char* folder;
  void (*read)(std::string_view bytes);
};

class FuzzCorpus : public ::testing::TestWithParam<Target> {};

std::string read_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_P(FuzzCorpus, EveryFileIsReadOrRefusedInAnOrderlyWay) {
  const fs::path folder = fs::path(RETRACE_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().folder;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 5u);
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename());
    EXPECT_NO_THROW(GetParam().read(read_bytes(file)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus,
                         ::testing::Values(Target{"safetensors", read_safetensors},
                                           Target{"tokenizer", read_tokenizer},
                                           Target{"dataset", read_dataset},
                                           Target{"recipe", read_recipe},
                                           Target{"video", read_video}),
                         [](const auto& test) { return test.param.folder; });

TEST(FuzzCorpus, TheEmptyFileIsRefused) {
  for (const auto read :
       {read_safetensors, read_tokenizer, read_dataset, read_recipe, read_video}) {
    EXPECT_NO_THROW(read(""));
  }
}

}  // namespace
}  // namespace retrace::fuzz
