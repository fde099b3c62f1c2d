#include "tests/data/released_questions.h"

#include <cstdlib>

#include "data/jsonl_dataset.h"

namespace retrace::test {

std::optional<std::vector<data::Sample>> released_questions() {
  const char* folder = std::getenv("RETRACE_EGOST_DATA");
  if (folder == nullptr) return std::nullopt;
  data::DatasetOptions options;
  options.file = std::filesystem::path(folder) / "total_test_mcq_630.jsonl";
  options.check_files = false;
  return data::read_dataset(options);
}

}  // namespace retrace::test
