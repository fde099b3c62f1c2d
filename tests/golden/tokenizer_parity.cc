// Compares this tokenizer with recorded results of another one (tokenizer_parity.py writes them).
//
//   tokenizer_parity CASES FOLDER...
//
// CASES holds a JSON object a line: "text", "ids", "decoded" and, where special tokens make it
// differ, "decoded_plain". A case counts as equal if ids and both texts are, and if decoding token
// by token gives the same text. Prints a line for each folder and the first differences.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/stream_decoder.h"
#include "model/tokenizer.h"

namespace {

using nlohmann::json;
using retrace::model::StreamDecoder;
using retrace::model::Tokenizer;

std::string decode_one_by_one(const Tokenizer& tokenizer, const std::vector<int64_t>& ids) {
  StreamDecoder decoder(tokenizer, /*skip_special=*/false);
  std::string text;
  for (const int64_t id : ids) text += decoder.push(id);
  return text + decoder.finish();
}

// What differs first, or nothing. Without "text" only decoding is compared.
std::string find_difference(const Tokenizer& tokenizer, const json& item) {
  const auto ids = item.at("ids").get<std::vector<int64_t>>();
  const auto decoded = item.at("decoded").get<std::string>();
  if (item.contains("text")) {
    const std::vector<int64_t> found = tokenizer.encode(item.at("text").get<std::string>());
    if (found != ids) return "ids are " + json(found).dump();
  }
  if (tokenizer.decode(ids, /*skip_special=*/false) != decoded) return "decoded text";
  if (decode_one_by_one(tokenizer, ids) != decoded) return "text decoded one by one";
  if (tokenizer.decode(ids) != item.value("decoded_plain", decoded)) return "text without specials";
  return "";
}

bool compare(const std::string& cases, const std::string& folder) {
  constexpr int64_t kMaxShown = 5;
  const Tokenizer tokenizer = Tokenizer::from_folder(folder);
  std::ifstream lines(cases);
  int64_t num_cases = 0, num_equal = 0;
  for (std::string line; std::getline(lines, line); ++num_cases) {
    const std::string difference = find_difference(tokenizer, json::parse(line));
    num_equal += difference.empty();
    if (!difference.empty() && num_cases + 1 - num_equal <= kMaxShown) {
      fmt::print("case {}: {}: {}\n", num_cases + 1, difference, line);
    }
  }
  fmt::print("{}: {} of {} equal\n", folder, num_equal, num_cases);
  return num_cases > 0 && num_equal == num_cases;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: tokenizer_parity CASES FOLDER...\n");
    return 2;
  }
  try {
    bool all_equal = true;
    for (int i = 2; i < argc; ++i) all_equal = compare(argv[1], argv[i]) && all_equal;
    return all_equal ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
