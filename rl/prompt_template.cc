#include "rl/prompt_template.h"

#include <fmt/format.h>

#include "core/error.h"
#include "data/option_text.h"

namespace retrace::rl {
namespace {

constexpr std::string_view kProblem = "{problem}", kQuestion = "{question}", kOptions = "{options}",
                           kOptionLines = "{option_lines}";

std::string listed(const data::Sample& sample, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < sample.options.size(); ++i) {
    text +=
        fmt::format("{}{}. {}", i == 0 ? "" : separator, data::option_letter(i), sample.options[i]);
  }
  return text;
}

std::string value_of(std::string_view place, const data::Sample& sample) {
  if (place == kProblem) return sample.problem;
  if (place == kOptions) return listed(sample, ", ");
  if (place == kOptionLines) return listed(sample, "\n");
  if (sample.question.empty()) {
    core::throw_<core::DataError>(
        "prompt: the template asks for {}, but the question is not known apart from its options; "
        "use data whose problem has 'Options:', or {} in the template",
        kQuestion, kProblem);
  }
  return sample.question;
}

}  // namespace

void check_template(std::string_view text_template, std::string_view key) {
  const auto times = [&](std::string_view place) {
    return data::count_occurrences(text_template, place);
  };
  const size_t problem = times(kProblem), question = times(kQuestion);
  const size_t options = times(kOptions) + times(kOptionLines);
  const bool is_whole = problem == 1 && question == 0 && options == 0;
  const bool is_parts = problem == 0 && question == 1 && options == 1;
  if (is_whole || is_parts) return;
  core::throw_<core::ConfigError>(
      "{}: must hold {} exactly once, or {} and one of {} and {} exactly once each, is '{}'", key,
      kProblem, kQuestion, kOptions, kOptionLines, text_template);
}

std::string fill_template(std::string_view text_template, const data::Sample& sample) {
  std::string text;
  for (size_t at = 0; at < text_template.size();) {
    const std::string_view rest = text_template.substr(at);
    std::string_view found;
    for (const std::string_view place : {kProblem, kQuestion, kOptions, kOptionLines}) {
      if (rest.starts_with(place)) found = place;
    }
    if (found.empty()) {
      text += rest.front();
      ++at;
    } else {
      text += value_of(found, sample);
      at += found.size();
    }
  }
  return text;
}

}  // namespace retrace::rl
