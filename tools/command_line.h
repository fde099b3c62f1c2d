// What the command lines of the programs have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace retrace::tools {

// The exit code to end with: 0 after --help, 2 after bad usage, with the text printed where
// `prints` (one rank of several is enough). nullopt: go on.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv, bool prints = true);

// A check that refuses other names: "--judge: expected one of rules, http; found 'oracle'".
CLI::Validator one_of(const std::vector<std::string>& names);

// An option whose names stand for values. The default is what `value` holds.
template <class Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& option, Enum& value,
                        const std::string& description,
                        const std::vector<std::pair<std::string, Enum>>& choices) {
  std::vector<std::string> names;
  std::string current;
  for (const auto& [name, choice] : choices) {
    names.push_back(name);
    if (choice == value) current = name;
  }
  const auto set = [&value, choices](const std::string& name) {
    value = std::find_if(choices.begin(), choices.end(), [&](const auto& choice) {
              return choice.first == name;
            })->second;
  };
  return app.add_option_function<std::string>(option, set, description)
      ->check(one_of(names))
      ->default_str(current);
}

}  // namespace retrace::tools
