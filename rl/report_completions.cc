#include "rl/report_completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "rl/html.h"
#include "rl/run_records.h"

namespace retrace::rl {
namespace {

constexpr size_t kGroups = 2;       // a step
constexpr size_t kCompletions = 4;  // a group; half from the top, half from the bottom

double rank_value(const SavedCompletion& completion) {
  return completion.reward.value_or(-std::numeric_limits<double>::infinity());
}

bool is_alive(const SavedGroup& group) {
  return std::any_of(group.completions.begin(), group.completions.end(),
                     [&](const SavedCompletion& completion) {
                       return completion.reward != group.completions.front().reward;
                     });
}

std::string number_or_dash(std::optional<double> value) {
  return value ? fmt::format("{:.3g}", *value) : "not judged";
}

std::string completion_html(const SavedCompletion& completion) {
  const std::string_view direction = completion.advantage > 0   ? "up"
                                     : completion.advantage < 0 ? "down"
                                                                : "";
  std::string html = "<div class=\"completion\"><div class=\"badges\">";
  html += fmt::format("<span>reward <b>{}</b></span>", number_or_dash(completion.reward));
  html += fmt::format("<span>advantage <b class=\"{}\">{:+.2f}</b></span>", direction,
                      completion.advantage);
  for (const auto& [name, raw] : completion.parts) {
    html += fmt::format("<span>{} {}</span>", escape_html(name), number_or_dash(raw));
  }
  html += fmt::format("<span>{} tokens, finish: {}</span></div>", completion.num_tokens,
                      escape_html(completion.finish));
  return html + "<pre>" + escape_html(completion.text) + "</pre></div>\n";
}

std::string group_html(SavedGroup group) {
  std::vector<SavedCompletion>& all = group.completions;
  std::stable_sort(all.begin(), all.end(), [](const auto& left, const auto& right) {
    return rank_value(left) > rank_value(right);
  });
  const size_t total = all.size();
  if (total > kCompletions) all.erase(all.begin() + kCompletions / 2, all.end() - kCompletions / 2);
  const SavedCompletion& first = all.front();
  std::string html = "<div class=\"card group\">";
  html += fmt::format(
      "<h3>Right answer {}</h3><p class=\"soft\">{} of {} completions, highest and lowest rewards; "
      "about: {}</p>",
      escape_html(first.answer), all.size(), total,
      first.media.empty() ? "text only"
                          : escape_html(fmt::format("{}", fmt::join(first.media, ", "))));
  html += "<pre class=\"problem\">" + escape_html(first.problem) + "</pre>\n";
  for (const SavedCompletion& completion : all) html += completion_html(completion);
  return html + "</div>\n";
}

}  // namespace

std::string completions_html(const std::filesystem::path& rollouts_jsonl) {
  std::vector<SavedGroup> groups = read_rollout_groups(rollouts_jsonl);
  std::stable_partition(groups.begin(), groups.end(), is_alive);
  if (groups.size() > kGroups) groups.resize(kGroups);
  std::string html;
  for (SavedGroup& group : groups) html += group_html(std::move(group));
  return html;
}

}  // namespace retrace::rl
