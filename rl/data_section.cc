#include "rl/data_section.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/logging.h"
#include "data/jsonl_dataset.h"
#include "data/option_shuffle.h"
#include "data/pair_index.h"
#include "reward/answer_parser.h"
#include "rl/recipe_key.h"

namespace retrace::rl {

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
  return samples;
}

std::vector<data::Sample> load_questions(const DataSection& section, bool keep_solutions) {
  std::vector<data::Sample> samples = load_samples(section);
  for (data::Sample& sample : samples) {
    if (section.shuffle_options && !keep_solutions) sample.solution.clear();
  }
  check_order_can_change(section, samples);
  return samples;
}

std::vector<data::Sample> load_letter_questions(const DataSection& section) {
  std::vector<data::Sample> samples = load_questions(section, false);
  const size_t num_all = samples.size();
  std::erase_if(samples,
                [](const data::Sample& sample) { return !reward::answer_letter(sample.answer); });
  if (samples.empty() && num_all > 0) {
    core::throw_<core::DataError>(
        "{}.files: none of the {} answers is a letter, so there is no accuracy to measure; leave "
        "the section out, or score described routes with st_eval",
        section.key, num_all);
  }
  if (samples.size() < num_all) {
    core::log_warning(
        "{}.files: {} of {} samples have an answer that is no letter and are left out; st_eval "
        "scores described routes",
        section.key, num_all - samples.size(), num_all);
  }
  return samples;
}

void check_order_can_change(const DataSection& section, const std::vector<data::Sample>& samples) {
  if (!section.shuffle_options) return;
  for (const data::Sample& sample : samples) {
    std::vector<size_t> backwards(sample.options.size());
    std::iota(backwards.rbegin(), backwards.rend(), 0);
    if (backwards.size() > 1) static_cast<void>(data::with_option_order(sample, backwards));
  }
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
