// Recipes that build on others.
#include "core/config_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config_node.h"
#include "core/files.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigBase : public TemporaryFolderTest {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& yaml) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, yaml);
    return folder_ / name;
  }
  static std::string error(const std::filesystem::path& file) {
    return config_error_of([&] { ConfigNode::from_file(file); });
  }
};

TEST_F(ConfigBase, SectionsAreMergedAndListsReplaced) {
  write("base.yaml", "a: {x: 1, y: [1, 2, 3], z: {p: 1}}\nb: 2\n");
  const auto file = write("more/run.yaml", "base: ../base.yaml\na:\n  y: [4]\n  z: {q: 5}\n");
  ConfigNode root = ConfigNode::from_file(file, std::vector<std::string>{"a.z.p=7"});
  ConfigNode a = root.section("a"), z = a.section("z");
  int64_t x = 0, b = 0, p = 0, q = 0;
  std::vector<int64_t> y;
  a.read("x", x);
  a.read("y", y);
  z.read("p", p);
  z.read("q", q);
  root.read("b", b);
  root.finish();
  a.finish();
  z.finish();
  EXPECT_EQ(x, 1);
  EXPECT_THAT(y, ElementsAre(4));
  EXPECT_EQ(p, 7);
  EXPECT_EQ(q, 5);
  EXPECT_EQ(b, 2);
  EXPECT_THAT(
      root.resolved_yaml(),
      AllOf(HasSubstr("# built on " + (folder_ / "base.yaml").string()), HasSubstr("p: 7")));
}

TEST_F(ConfigBase, WhatIsWrittenBackStandsAlone) {
  write("base.yaml", "b: 2\n");
  ConfigNode root = ConfigNode::from_file(write("run.yaml", "base: base.yaml\n"));
  int64_t b = 0;
  root.read("b", b);
  ConfigNode again = ConfigNode::from_string(root.resolved_yaml(), "config.yaml");
  again.read("b", b);
  again.finish();
  EXPECT_EQ(b, 2);
}

TEST_F(ConfigBase, BasesHaveBases) {
  write("c.yaml", "x: 1\ny: 1\nz: 1\n");
  write("b.yaml", "base: c.yaml\ny: 2\nz: 2\n");
  const LoadedConfig loaded = load_config_file(write("a.yaml", "base: b.yaml\nz: 3\n"));
  EXPECT_THAT(loaded.bases,
              ElementsAre((folder_ / "b.yaml").string(), (folder_ / "c.yaml").string()));
  EXPECT_EQ(loaded.tree.find("x")->scalar, "1");
  EXPECT_EQ(loaded.tree.find("y")->scalar, "2");
  EXPECT_EQ(loaded.tree.find("z")->scalar, "3");
  EXPECT_EQ(loaded.tree.find("base"), nullptr);
}

TEST_F(ConfigBase, ErrorsNameTheFileOfTheValue) {
  write("base.yaml", "x: 1\ny: word\n");
  ConfigNode root = ConfigNode::from_file(write("run.yaml", "base: base.yaml\n"));
  int64_t y = 0;
  EXPECT_THAT(config_error_of([&] { root.read("y", y); }), HasSubstr("base.yaml, line 2"));
}

TEST_F(ConfigBase, RefusesCyclesAndWhatIsNoFile) {
  write("a.yaml", "base: b.yaml\n");
  write("b.yaml", "base: a.yaml\n");
  EXPECT_THAT(error(folder_ / "a.yaml"), HasSubstr("builds on itself"));
  EXPECT_THAT(error(write("self.yaml", "base: self.yaml\n")), HasSubstr("builds on itself"));
  EXPECT_THAT(error(write("gone.yaml", "base: none.yaml\n")),
              AllOf(HasSubstr("gone.yaml: base:"), HasSubstr("none.yaml is no file")));
  EXPECT_THAT(error(write("folder.yaml", "base: .\n")), HasSubstr("is no file"));
  EXPECT_THAT(error(write("list.yaml", "base: [a.yaml, b.yaml]\n")),
              HasSubstr("expected the path of one recipe"));
  write("list_root.yaml", "- 1\n");
  EXPECT_THAT(error(write("bad.yaml", "base: list_root.yaml\n")), HasSubstr("list_root.yaml"));
}

}  // namespace
}  // namespace retrace::core
