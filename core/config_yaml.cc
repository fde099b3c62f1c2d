#include "core/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <vector>

#include "core/error.h"

namespace retrace::core {
namespace {

// Converts one document. Aliases become copies, so an override of one place never changes another;
// the limits stop aliases that contain themselves or multiply without end.
class TreeBuilder {
 public:
  // `origin` replaces the line numbers in messages; empty: lines of the source are given.
  TreeBuilder(std::string source, std::string origin)
      : source_(std::move(source)), fixed_origin_(std::move(origin)) {}

  ConfigTree build(const YAML::Node& node, int depth = 0) {
    constexpr int kMaxDepth = 50;
    constexpr int kMaxValues = 100000;
    if (depth > kMaxDepth || ++num_values_ > kMaxValues) {
      fail(node, "nested too deeply, or too many values; look for an alias that contains itself");
    }
    ConfigTree tree;
    tree.origin = origin_of(node);
    if (node.IsScalar()) build_scalar(node, tree);
    if (node.IsSequence()) {
      tree.kind = ConfigTree::Kind::kList;
      for (const auto& item : node) tree.items.push_back(build(item, depth + 1));
    }
    if (node.IsMap()) {
      tree.kind = ConfigTree::Kind::kMap;
      for (const auto& member : node) add_member(member.first, member.second, depth, tree);
    }
    return tree;
  }

  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const {
    throw_<ConfigError>("{}: {} ({})", source_, message, origin_of(node));
  }

 private:
  void build_scalar(const YAML::Node& node, ConfigTree& tree) const {
    const std::string& tag = node.Tag();
    const bool is_text_tag = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (tag != "?" && !tag.empty() && !is_text_tag) {
      fail(node, fmt::format("the tag '{}' is not supported; write the value without it", tag));
    }
    tree.kind = ConfigTree::Kind::kScalar;
    tree.scalar = node.Scalar();
    tree.is_quoted = is_text_tag;
  }

  void add_member(const YAML::Node& key, const YAML::Node& value, int depth, ConfigTree& map) {
    if (!key.IsScalar()) fail(key, "a key must be a word, found a list, a section or nothing");
    if (const ConfigTree* first = map.find(key.Scalar())) {
      fail(key,
           fmt::format("duplicate key '{}', already given at {}", key.Scalar(), first->origin));
    }
    map.members.emplace_back(key.Scalar(), build(value, depth + 1));
    // The key's line, not the value's: a nested section starts one line later.
    map.members.back().second.origin = origin_of(key);
  }

  std::string origin_of(const YAML::Node& node) const {
    return fixed_origin_.empty() ? fmt::format("line {}", node.Mark().line + 1) : fixed_origin_;
  }

  std::string source_, fixed_origin_;
  int num_values_ = 0;
};

}  // namespace

ConfigTree parse_config_yaml(const std::string& yaml, const std::string& source,
                             const std::string& origin) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    if (documents.size() > 1) {
      throw_<ConfigError>("{}: expected one YAML document, found {}; remove the '---' lines",
                          source, documents.size());
    }
    return documents.empty() ? ConfigTree{} : TreeBuilder(source, origin).build(documents[0]);
  } catch (const YAML::Exception& error) {
    throw_<ConfigError>("{}: bad YAML: {} (line {}, column {})", source, error.msg,
                        error.mark.line + 1, error.mark.column + 1);
  }
}

}  // namespace retrace::core
