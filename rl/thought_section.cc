#include "rl/thought_section.h"

#include "core/logging.h"
#include "rl/data_section.h"

namespace retrace::rl {

void read_thought(core::ConfigNode& sft, SftSection& section) {
  using data::ThoughtFallback;
  using data::ThoughtForm;
  sft.read_choice("thought", section.thought,
                  {{"file", ThoughtForm::kFile},
                   {"reverse", ThoughtForm::kReverse},
                   {"reverse_open", ThoughtForm::kReverseOpen},
                   {"answer_only", ThoughtForm::kAnswerOnly}});
  sft.read_choice(
      "thought_fallback", section.thought_fallback,
      {{"stop", ThoughtFallback::kStop}, {"answer_only", ThoughtFallback::kAnswerOnly}});
}

std::vector<data::Sample> load_demonstrations(const SftSection& section) {
  std::vector<data::Sample> samples = load_samples(section.data);
  const size_t fallen_back =
      data::set_solutions(samples, section.thought, section.thought_fallback);
  if (fallen_back > 0) {
    core::log_warning(
        "sft.thought: {} of {} samples have no demonstration of reverse thinking; "
        "they train on their answer alone",
        fallen_back, samples.size());
  }
  check_order_can_change(section.data, samples);
  return samples;
}

}  // namespace retrace::rl
