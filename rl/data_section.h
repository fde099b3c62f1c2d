// The recipe sections `sft.data`, `grpo.data` and `eval.data`, and the samples they name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_node.h"
#include "core/random.h"
#include "data/sample.h"

namespace retrace::rl {

struct DataSection {
  std::string key = "data";        // of the section in the recipe: "sft.data"
  std::vector<std::string> files;  // read as one list
  std::filesystem::path video_root;
  bool allow_text_only = false;
  bool skip_broken = false;  // on_broken: records that cannot be used are left out, with a warning
  int64_t max_samples = 0;   // of the concatenation; 0: all
  bool shuffle_options = false;  // letters anew at every visit
};

// Reads the section "data" of `parent`, the section `parent_key` ("sft") of the recipe. Throws
// ConfigError.
DataSection read_data_section(core::ConfigNode& parent, std::string_view parent_key);

// The samples of all files as one list; Sample::index counts over all of them. Throws DataError
// that begins with "sft.data.files: ".
std::vector<data::Sample> load_samples(const DataSection& section);
// The same for a stage that shows questions and no demonstrations. With shuffle_options solutions
// are kept only if asked for: the letters in them would have to follow.
std::vector<data::Sample> load_questions(const DataSection& section, bool keep_solutions);
// The same of those whose answer is a letter, since right letters are counted; a warning says how
// many others there are. Throws DataError if all are.
std::vector<data::Sample> load_letter_questions(const DataSection& section);

// With shuffle_options, throws DataError for a sample whose options cannot be put in another order
// (data/option_shuffle.h), at the start and not in the middle of a run.
void check_order_can_change(const DataSection& section, const std::vector<data::Sample>& samples);

// The options of a sample as slot `slot` of the run shows them: a pure function of (stream, slot),
// so that a resumed run shows the same. Without shuffle_options the sample as it is.
class OptionOrder {
 public:
  OptionOrder(const DataSection& section, uint64_t seed, std::string_view stage);
  // Points to `sample` itself where nothing changes: it must outlive the result.
  std::shared_ptr<const data::Sample> draw(const data::Sample& sample, int64_t slot) const;

 private:
  bool enabled_;
  core::RandomStream stream_;
};

}  // namespace retrace::rl
