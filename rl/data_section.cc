#include "rl/data_section.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "data/jsonl_dataset.h"
#include "data/option_shuffle.h"
#include "data/pair_index.h"
#include "rl/recipe_key.h"

namespace retrace::rl {
namespace {

// Throws for a sample that shuffling would stop at later.
void check_order_can_change(const data::Sample& sample) {
  std::vector<size_t> backwards(sample.options.size());
  std::iota(backwards.rbegin(), backwards.rend(), 0);
  static_cast<void>(data::with_option_order(sample, backwards));
}

}  // namespace

DataSection read_data_section(core::ConfigNode& parent, std::string_view parent_key) {
  DataSection data;
  data.key = fmt::format("{}.data", parent_key);
  core::ConfigNode node = parent.section("data");
  node.read("files", data.files);
  node.read("video_root", data.video_root);
  node.read("allow_text_only", data.allow_text_only);
  node.read_choice("on_broken", data.skip_broken, {{"stop", false}, {"skip", true}});
  node.read("max_samples", data.max_samples);
  node.read("shuffle_options", data.shuffle_options);
  node.require(data.max_samples >= 0, "max_samples", "must be 0 (all) or more", data.max_samples);
  node.finish();
  return data;
}

std::vector<data::Sample> load_samples(const DataSection& section) {
  std::vector<data::Sample> samples;
  for (const std::string& file : section.files) {
    data::DatasetOptions options;
    options.file = file;
    options.video_root = section.video_root;
    options.allow_text_only = section.allow_text_only;
    options.skip_broken = section.skip_broken;
    std::vector<data::Sample> of_file =
        under_key(section.key + ".files", [&] { return data::read_dataset(options); });
    for (data::Sample& sample : of_file) {
      sample.index = static_cast<int64_t>(samples.size());
      samples.push_back(std::move(sample));
    }
  }
  data::fill_opposites(samples);  // Ego-ST Bench has a file for each direction
  if (section.max_samples > 0 && static_cast<int64_t>(samples.size()) > section.max_samples) {
    samples.resize(static_cast<size_t>(section.max_samples));
  }
  for (const data::Sample& sample : samples) {
    if (section.shuffle_options && sample.options.size() > 1) check_order_can_change(sample);
  }
  return samples;
}

OptionOrder::OptionOrder(const DataSection& section, uint64_t seed, std::string_view stage)
    : enabled_(section.shuffle_options), stream_(seed, fmt::format("options of {}", stage)) {}

std::shared_ptr<const data::Sample> OptionOrder::draw(const data::Sample& sample,
                                                      int64_t slot) const {
  if (!enabled_) return {std::shared_ptr<void>(), &sample};
  core::RandomSequence random(stream_.substream(static_cast<uint64_t>(slot)));
  return std::make_shared<data::Sample>(data::with_shuffled_options(sample, random));
}

}  // namespace retrace::rl
