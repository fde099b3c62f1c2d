#include "core/config_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace retrace::core {
namespace {

constexpr int kIndentStep = 2;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\t':
        result += "\\t";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_control = byte < 0x20 || byte == 0x7F;
        result += is_control ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
      }
    }
  }
  return result;
}

// Text that no YAML reader takes for a number, a bool, null or syntax. Conservative: quoting is
// never wrong.
bool is_safe_unquoted(std::string_view text) {
  constexpr std::array<std::string_view, 11> kReserved = {
      "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_inner = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  };
  if (text.empty() || !(is_letter(text[0]) || text[0] == '_' || text[0] == '/')) return false;
  if (!std::all_of(text.begin(), text.end(), is_inner)) return false;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end();
}

std::string scalar_yaml(const ConfigTree& tree) {
  if (!tree.is_quoted || is_safe_unquoted(tree.scalar)) return tree.scalar;
  return fmt::format("\"{}\"", escaped(tree.scalar));
}

std::string key_yaml(const std::string& key) {
  return scalar_yaml(ConfigTree::quoted(key));
}

bool is_block(const ConfigTree& tree) {
  if (tree.kind == ConfigTree::Kind::kMap) return !tree.members.empty();
  const auto is_nested = [](const ConfigTree& item) {
    return item.kind == ConfigTree::Kind::kMap || item.kind == ConfigTree::Kind::kList;
  };
  return tree.kind == ConfigTree::Kind::kList &&
         std::any_of(tree.items.begin(), tree.items.end(), is_nested);
}

// Values that fit behind their key on one line.
std::string inline_yaml(const ConfigTree& tree) {
  switch (tree.kind) {
    case ConfigTree::Kind::kNull:
      return "null";
    case ConfigTree::Kind::kScalar:
      return scalar_yaml(tree);
    case ConfigTree::Kind::kMap:
      return "{}";
    case ConfigTree::Kind::kList:
      break;
  }
  std::string items;
  for (const ConfigTree& item : tree.items) {
    items += fmt::format("{}{}", items.empty() ? "" : ", ", inline_yaml(item));
  }
  return fmt::format("[{}]", items);
}

void append_block(std::string& yaml, const ConfigTree& tree, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  for (const auto& [key, value] : tree.members) {
    yaml += fmt::format("{}{}:", margin, key_yaml(key));
    if (is_block(value)) {
      yaml += "\n";
      append_block(yaml, value, indent + kIndentStep);
    } else {
      yaml += fmt::format(" {}\n", inline_yaml(value));
    }
  }
  for (const ConfigTree& item : tree.items) {
    if (!is_block(item)) {
      yaml += fmt::format("{}- {}\n", margin, inline_yaml(item));
      continue;
    }
    // The first line of the nested block moves up behind the dash, which is as wide as the indent.
    const size_t item_start = yaml.size();
    append_block(yaml, item, indent + kIndentStep);
    yaml[item_start + static_cast<size_t>(indent)] = '-';
  }
}

}  // namespace

ConfigTree::ConfigTree() = default;
ConfigTree::ConfigTree(const ConfigTree&) = default;
ConfigTree::ConfigTree(ConfigTree&&) noexcept = default;
ConfigTree& ConfigTree::operator=(const ConfigTree&) = default;
ConfigTree& ConfigTree::operator=(ConfigTree&&) noexcept = default;
ConfigTree::~ConfigTree() = default;

ConfigTree ConfigTree::plain(std::string text) {
  ConfigTree tree;
  tree.kind = Kind::kScalar;
  tree.scalar = std::move(text);
  return tree;
}

ConfigTree ConfigTree::quoted(std::string text) {
  ConfigTree tree = plain(std::move(text));
  tree.is_quoted = true;
  return tree;
}

const ConfigTree* ConfigTree::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

ConfigTree* ConfigTree::find(std::string_view key) {
  return const_cast<ConfigTree*>(std::as_const(*this).find(key));
}

std::string one_line(std::string_view text) {
  constexpr size_t kMaxShown = 80;
  const auto is_continuation = [&](size_t i) {  // the inside of a UTF-8 character
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  size_t num_shown = std::min(kMaxShown, text.size());
  while (num_shown > 0 && num_shown < text.size() && is_continuation(num_shown)) --num_shown;
  return fmt::format("{}{}", escaped(text.substr(0, num_shown)),
                     num_shown < text.size() ? "..." : "");
}

std::string describe(const ConfigTree& tree) {
  switch (tree.kind) {
    case ConfigTree::Kind::kNull:
      return "nothing";
    case ConfigTree::Kind::kList:
      return fmt::format("a list of {}", tree.items.size());
    case ConfigTree::Kind::kMap:
      return "a section";
    case ConfigTree::Kind::kScalar:
      break;
  }
  return fmt::format("'{}'{}", one_line(tree.scalar), tree.is_quoted ? " in quotes" : "");
}

std::string to_yaml(const ConfigTree& root) {
  std::string yaml;
  append_block(yaml, root, 0);
  return yaml.empty() ? "{}\n" : yaml;
}

}  // namespace retrace::core
