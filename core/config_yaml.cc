#include "core/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>

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
      fail(node,
           fmt::format("the tag '{}' is not supported; write the value without it", one_line(tag)));
    }
    tree.kind = ConfigTree::Kind::kScalar;
    tree.scalar = node.Scalar();
    tree.is_quoted = is_text_tag;
  }

  void add_member(const YAML::Node& key, const YAML::Node& value, int depth, ConfigTree& map) {
    if (!key.IsScalar()) fail(key, "a key must be a word, found a list, a section or nothing");
    if (const ConfigTree* first = map.find(key.Scalar())) {
      fail(key, fmt::format("duplicate key '{}', already given at {}", one_line(key.Scalar()),
                            first->origin));
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

// Counts documents and ignores what is in them. YAML::LoadAll must not be used: at a stray ',' or
// ']' between documents yaml-cpp goes on without end with empty ones, and YAML::Load stops there
// without a word.
class DocumentCounter : public YAML::EventHandler {
 public:
  explicit DocumentCounter(std::string source) : source_(std::move(source)) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++num_documents_ == 1) return;
    throw_<ConfigError>(
        "{}: expected one YAML document, found the start of another; remove the '---' line or the "
        "stray character (line {}, column {})",
        source_, mark.line + 1, mark.column + 1);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::string source_;
  int num_documents_ = 0;
};

void check_single_document(const std::string& yaml, const std::string& source) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  DocumentCounter counter(source);
  while (parser.HandleNextDocument(counter)) {
  }
}

}  // namespace

ConfigTree parse_config_yaml(const std::string& yaml, const std::string& source,
                             const std::string& origin) {
  try {
    check_single_document(yaml, source);
    return TreeBuilder(source, origin).build(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    throw_<ConfigError>("{}: bad YAML: {} (line {}, column {})", source, one_line(error.msg),
                        error.mark.line + 1, error.mark.column + 1);
  }
}

}  // namespace retrace::core
