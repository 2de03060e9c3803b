// The tree of YAML text: kinds, lines, and the limits that keep hostile files harmless.
#include "planning/text/yaml_tree.h"

#include "tests/refusal.h"

namespace jupiter {
namespace {

std::string YamlRefusal(const std::string& text) {
  return RefusalOf([&] { ParseYaml(text, "f.yaml"); });
}

TEST(YamlTreeTest, KindsTextsAndLines) {
  const YamlNode root =
      ParseYaml("# comment\na: 1 s\nb: [x, 'y', ~]\nc:\n  - {d: \"e\\x0a\"}\n", "");
  ASSERT_EQ(root.kind, YamlNode::Kind::kMap);
  ASSERT_EQ(root.keys.size(), 3u);
  EXPECT_EQ(root.keys[2].text, "c");
  EXPECT_EQ(root.keys[2].line, 4);
  EXPECT_EQ(root.items[0].text, "1 s");
  EXPECT_EQ(root.items[0].line, 2);
  ASSERT_EQ(root.items[1].items.size(), 3u);
  EXPECT_EQ(root.items[1].items[1].text, "y");
  EXPECT_EQ(root.items[1].items[2].kind, YamlNode::Kind::kNull);
  EXPECT_EQ(root.items[2].items[0].items[0].text, "e\n");
  EXPECT_EQ(root.items[2].items[0].line, 5);
}

TEST(YamlTreeTest, BrokenTextIsOneLine) {
  EXPECT_EQ(YamlRefusal(""), "f.yaml: line 1: the file is empty, expected keys and values in YAML");
  EXPECT_EQ(YamlRefusal("a: 1\nb: [1, 2\n").substr(0, 24), "f.yaml: line 3: not YAML");
  EXPECT_EQ(YamlRefusal("a: \"x\n").substr(0, 24), "f.yaml: line 2: not YAML");
  EXPECT_EQ(YamlRefusal("a: 1\n  b: 2\n").substr(0, 14), "f.yaml: line 2");
  EXPECT_EQ(YamlRefusal("a: 1\na: 2\n"),
            "f.yaml: line 2: the key \"a\" stands twice in its map; keep one");
  EXPECT_EQ(YamlRefusal("[1, 2]: 3\n"),
            "f.yaml: line 1: a key that is no word; check brackets and colons");
  EXPECT_EQ(YamlRefusal("~: 3\n"),
            "f.yaml: line 1: a key that is no word; check brackets and colons");
  EXPECT_EQ(YamlRefusal("a: 1\n---\nb: 2\n"),
            "f.yaml: line 3: a second document, expected one; remove the line \"---\"");
}

TEST(YamlTreeTest, AliasesAreRefused) {
  const std::string line = "an alias (*name), which these files do not have; write the value out";
  EXPECT_EQ(YamlRefusal("a: &x 1\nb: *x\n"), "f.yaml: line 2: " + line);
  EXPECT_EQ(YamlRefusal("a: &x [*x]\n"), "f.yaml: line 1: " + line);
  std::string bomb = "a0: &a0 [x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    bomb += fmt::format("a{}: &a{} [*a{}, *a{}, *a{}]\n", i, i, i - 1, i - 1, i - 1);
  }
  EXPECT_EQ(YamlRefusal(bomb), "f.yaml: line 2: " + line);
}

TEST(YamlTreeTest, NestingIsLimited) {
  const std::string line = "f.yaml: line 1: lists and maps nested deeper than 16 levels";
  EXPECT_EQ(YamlRefusal(std::string(10'000, '[') + std::string(10'000, ']')), line);
  std::string maps;
  for (int i = 0; i < 1000; ++i) maps += "{a: ";
  maps += std::string(1000, '}');
  EXPECT_EQ(YamlRefusal(maps), line);
  EXPECT_NO_THROW(ParseYaml(std::string(16, '[') + std::string(16, ']'), ""));
}

TEST(YamlTreeTest, QuotedTextComesBack) {
  std::string text = "a \"quoted\" \\ text: # no comment\n\ttab \x01 \x7f ü é 語 'x' ";
  for (const std::string& value : {text, std::string("~"), std::string("null"), std::string(" ")}) {
    const YamlNode root = ParseYaml("k: " + QuoteYaml(value), "");
    EXPECT_EQ(root.items[0].text, value);
    EXPECT_EQ(root.items[0].kind, YamlNode::Kind::kScalar);
  }
}

TEST(YamlTreeTest, MessagesShowValuesCutAndClean) {
  EXPECT_EQ(Show("a\nb"), "\"a?b\"");
  EXPECT_EQ(Show(std::string(100, 'x')), "\"" + std::string(60, 'x') + "...\"");
}

}  // namespace
}  // namespace jupiter
