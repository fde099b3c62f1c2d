#include "tools/st_eval/verdicts_file.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/json_lines.h"

namespace retrace::st_eval {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kName = "verdicts.jsonl";

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> read_percent(const Json& value) {
  if (value.is_null()) return std::nullopt;
  const double percent = value.get<double>();
  if (!(percent >= 0 && percent <= 100))
    throw std::invalid_argument("a percentage must be in [0, 100]");
  return percent;
}

Json to_json(View view, const Verdict& verdict) {
  Json line;
  line["view"] = to_string(view);
  line["id"] = verdict.id;
  line["video"] = verdict.video;
  line["source"] = verdict.source;
  line["column"] = verdict.column ? Json(to_string(*verdict.column)) : Json(nullptr);
  line["problem"] = to_string(verdict.problem);
  line["percent"] = optional_json(verdict.percent);
  if (verdict.column && is_route(*verdict.column)) {
    line["parts"] = Json::array();
    for (const std::optional<double>& part : verdict.parts)
      line["parts"].push_back(optional_json(part));
  } else {
    line["expected"] = verdict.expected;
    line["letter"] =
        verdict.choice.letter ? Json(std::string(1, *verdict.choice.letter)) : Json(nullptr);
    line["rule"] = to_string(verdict.choice.rule);
  }
  line["reason"] = verdict.reason;
  return line;
}

// The value of an enumeration by its name.
template <class Enum>
Enum named(const Json& name, int count) {
  for (int i = 0; i < count; ++i) {
    if (to_string(static_cast<Enum>(i)) == name.get<std::string>()) return static_cast<Enum>(i);
  }
  throw std::invalid_argument("unknown name " + name.dump());
}

Verdict from_json(const Json& line) {
  Verdict verdict;
  verdict.id = line.at("id");
  verdict.video = line.at("video");
  verdict.source = line.at("source");
  if (!line.at("column").is_null()) verdict.column = named<Measure>(line.at("column"), kNumColumns);
  verdict.problem = named<Problem>(line.at("problem"), kNumProblems);
  verdict.percent = read_percent(line.at("percent"));
  if (line.contains("parts")) {
    for (size_t part = 0; part < 3; ++part)
      verdict.parts[part] = read_percent(line.at("parts").at(part));
  } else {
    verdict.expected = line.at("expected");
    verdict.choice.rule = named<LetterRule>(line.at("rule"), kNumLetterRules);
    const Json& letter = line.at("letter");
    if (!letter.is_null()) verdict.choice.letter = letter.get<std::string>().at(0);
  }
  verdict.reason = line.at("reason");
  if (verdict.problem == Problem::kNone && !(verdict.percent && verdict.column))
    throw std::invalid_argument("a verdict without a problem needs a column and a percentage");
  return verdict;
}

}  // namespace

void write_verdicts(const std::filesystem::path& folder, const VerdictsByView& verdicts) {
  std::string text;
  for (const auto& [view, list] : verdicts) {
    for (const Verdict& verdict : list)
      text += to_json(view, verdict).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  core::write_file_atomically(folder / kName, text);
}

VerdictsByView read_verdicts(const std::filesystem::path& folder) {
  VerdictsByView verdicts;
  core::for_each_json_line(
      core::read_text_file(folder / kName),
      [&](int64_t, const Json& json) {
        verdicts[json.at("view") == "blind" ? View::kBlind : View::kSeen].push_back(
            from_json(json));
      },
      [&](int64_t number, const std::string& reason) {
        core::throw_<core::DataError>("{}:{}: not a verdict that st_eval writes: {}",
                                      (folder / kName).string(), number, reason);
      });
  return verdicts;
}

}  // namespace retrace::st_eval
