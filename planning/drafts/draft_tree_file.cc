#include "planning/drafts/draft_tree_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::size_t kLineColumns = 100;

bool IsNameByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Medusa keeps its trees in Python, NAME = [(0,), (1,), (0, 0)] or with lists: the same text except
// for the name and the kind of brackets. Line numbers stay as they are.
std::string WithoutPython(std::string text, const std::string& source) {
  std::replace(text.begin(), text.end(), '(', '[');
  std::replace(text.begin(), text.end(), ')', ']');
  const auto name = std::find_if_not(text.begin(), text.end(),
                                     [](char c) { return c == ' ' || c == '\n' || c == '\r'; });
  auto sign = std::find_if_not(name, text.end(), IsNameByte);
  sign = std::find_if_not(sign, text.end(), [](char c) { return c == ' '; });
  if (sign == text.end() || *sign != '=') return text;
  std::fill(name, sign + 1, ' ');
  const auto second = std::find(sign, text.end(), '=');
  if (second != text.end()) {
    FailUser("{}: line {}: a second tree (NAME = ...), expected one; keep one list", source,
             1 + std::count(text.begin(), second, '\n'));
  }
  return text;
}

DraftPath ReadPath(const YamlValue& value) {
  DraftPath path;
  for (const YamlValue& choice : value.List(1, kMostDraftDepth)) {
    path.push_back(static_cast<int>(choice.Integer(0, kMostDraftNodes - 1)));
  }
  return path;
}

std::string ShowPath(const DraftPath& path) { return fmt::format("[{}]", fmt::join(path, ", ")); }

DraftTree ReadPaths(const YamlValue& value) {
  const std::vector<YamlValue> items = value.List(1, kMostDraftNodes);
  std::map<DraftPath, std::size_t> known = {{{}, items.size()}};
  std::vector<DraftPath> paths;
  for (std::size_t i = 0; i < items.size(); ++i) {
    paths.push_back(ReadPath(items[i]));
    const auto [first, is_new] = known.emplace(paths.back(), i);
    if (!is_new) {
      items[i].Fail(fmt::format("the path {} stands at {}, too; keep one", ShowPath(paths.back()),
                                items[first->second].key()));
    }
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const DraftPath prefix(paths[i].begin(), paths[i].end() - 1);
    if (known.count(prefix) > 0) continue;
    items[i].Fail(fmt::format("the path {} hangs on {}, which is not in the tree; add it",
                              ShowPath(paths[i]), ShowPath(prefix)));
  }
  return TreeOf(std::move(paths));
}

}  // namespace

DraftTree ParseDraftTree(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(WithoutPython(text, source), source);
  const YamlValue value(root, source, "");
  if (root.kind == YamlNode::Kind::kMap) {
    const YamlMap map(value, {"jupiter_tree", "paths"});
    CheckFormatVersion(map, "jupiter_tree");
    return ReadPaths(map.At("paths"));
  }
  if (root.kind != YamlNode::Kind::kList) {
    value.FailGot("expected a list of paths such as [[0], [1], [0, 0]]");
  }
  return ReadPaths(value);
}

DraftTree LoadDraftTree(const std::string& path) {
  return ParseDraftTree(ReadYamlFile(path, "a draft tree"), path);
}

std::string ToYaml(const DraftTree& tree) {
  std::string text = "jupiter_tree: 1\npaths:";
  std::string line;
  std::size_t depth = 0;
  for (const DraftPath& path : PathsOf(tree)) {
    const std::string shown = ShowPath(path);
    if (path.size() != depth || line.size() + shown.size() + 3 > kLineColumns) {
      text += line + (depth == 0 ? "\n  [" : ",\n   ");
      line.clear();
      depth = path.size();
    }
    line += (line.empty() ? "" : ", ") + shown;
  }
  return text + line + (depth == 0 ? " []\n" : "]\n");
}

}  // namespace jupiter
