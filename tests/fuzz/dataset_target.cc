#include "data/jsonl_dataset.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

void read_dataset(std::string_view bytes) {
  static const ScratchFolder folder;
  static const bool has_video = !folder.write("a.mp4", "x").empty();
  static_cast<void>(has_video);
  for (const bool allow_text_only : {false, true}) {
    data::DatasetOptions options;
    options.file = folder.write("data.jsonl", bytes);
    options.allow_text_only = allow_text_only;
    expect_user_errors([&] { static_cast<void>(data::read_dataset(options)); });
  }
}

}  // namespace retrace::fuzz
