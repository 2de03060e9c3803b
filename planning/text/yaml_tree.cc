#include "planning/text/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostYamlDepth = 16;  // of lists and maps in each other; our files need 5
constexpr std::size_t kMostYamlNodes = 4'000'000;
constexpr std::uintmax_t kMostYamlBytes = 16 << 20;
constexpr std::size_t kMostYamlKeyBytes = 200;

// Builds the tree from the parser's events. yaml-cpp's own tree is not used: it follows aliases,
// even of a list that holds itself, and finds keys by comparing with each.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& source) : source_(source) {}

  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Place({YamlNode::Kind::kNull, mark.line + 1, {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Fail(mark.line + 1, "an alias (*name), which these files do not have; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    Place({YamlNode::Kind::kScalar, mark.line + 1, value, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open({YamlNode::Kind::kList, mark.line + 1, {}, {}, {}});
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open({YamlNode::Kind::kMap, mark.line + 1, {}, {}, {}});
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map that is not closed yet.
  struct Level {
    YamlNode node;
    std::set<std::string> keys;
  };

  [[noreturn]] void Fail(int line, std::string_view problem) const {
    FailUser("{}: line {}: {}", source_, line, problem);
  }

  bool KeyIsNext() const {
    if (open_.empty()) return false;
    const YamlNode& node = open_.back().node;
    return node.kind == YamlNode::Kind::kMap && node.keys.size() == node.items.size();
  }

  void AddKey(YamlNode key) {
    if (key.kind != YamlNode::Kind::kScalar)
      Fail(key.line, "a key that is no word; check brackets and colons");
    if (key.text.size() > kMostYamlKeyBytes) {
      Fail(key.line, fmt::format("the key {} has {} bytes, expected {} at most", Show(key.text),
                                 key.text.size(), kMostYamlKeyBytes));
    }
    if (!open_.back().keys.insert(key.text).second) {
      Fail(key.line, fmt::format("the key {} stands twice in its map; keep one", Show(key.text)));
    }
    open_.back().node.keys.push_back({std::move(key.text), key.line});
  }

  void Place(YamlNode node) {
    if (++nodes_ > kMostYamlNodes) {
      Fail(node.line, fmt::format("more than {} values; split the file", kMostYamlNodes));
    }
    if (KeyIsNext()) {
      AddKey(std::move(node));
    } else if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  void Open(YamlNode node) {
    if (KeyIsNext()) Fail(node.line, "a key that is no word; check brackets and colons");
    if (open_.size() == kMostYamlDepth) {
      Fail(node.line, fmt::format("lists and maps nested deeper than {} levels", kMostYamlDepth));
    }
    open_.push_back({std::move(node), {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Place(std::move(node));
  }

  const std::string& source_;
  YamlNode root_;
  std::vector<Level> open_;
  std::size_t nodes_ = 0;
};

// `text` with ? for what is no part of a line.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

void CheckSize(std::uintmax_t bytes, const std::string& source) {
  if (bytes > kMostYamlBytes) {
    FailUser("{}: {} bytes, expected {} at most; is it the right file?", source, bytes,
             kMostYamlBytes);
  }
}

}  // namespace

YamlNode ParseYaml(const std::string& text, const std::string& source) {
  CheckSize(text.size(), source);
  // The mark of the document's end: without it yaml-cpp takes the end of the file for the quote
  // that a cut or mistyped file lacks.
  std::istringstream stream(text + (text.empty() || text.back() == '\n' ? "...\n" : "\n...\n"));
  TreeBuilder builder(source);
  try {
    YAML::Parser parser(stream);
    YamlNode root;
    if (parser.HandleNextDocument(builder)) root = builder.Take();
    if (root.kind == YamlNode::Kind::kNull) {
      FailUser("{}: line 1: the file is empty, expected keys and values in YAML", source);
    }
    if (parser.HandleNextDocument(builder)) {
      const YamlNode second = builder.Take();
      if (second.kind != YamlNode::Kind::kNull) {
        FailUser("{}: line {}: a second document, expected one; remove the line \"---\"", source,
                 second.line);
      }
    }
    return root;
  } catch (const YAML::Exception& error) {
    FailUser("{}: line {}: not YAML: {} (column {}); check indentation, quotes and brackets",
             source, error.mark.line + 1, Printable(error.msg), error.mark.column + 1);
  }
}

std::string ReadYamlFile(const std::string& path, const std::string& what) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) FailUser("{}: no such file, expected {}", path, what);
  if (std::filesystem::is_directory(status)) {
    FailUser("{}: a folder, expected {}; name a file in it", path, what);
  }
  if (!std::filesystem::is_regular_file(status)) {
    FailUser("{}: not a regular file, expected {}", path, what);
  }
  CheckSize(std::filesystem::file_size(path, error), path);
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) FailUser("{}: cannot be read; check its permissions", path);
  return text;
}

std::string Show(const std::string& text) {
  constexpr std::size_t kMost = 60;
  return fmt::format("\"{}{}\"", Printable(text.substr(0, kMost)),
                     text.size() > kMost ? "..." : "");
}

std::string QuoteYaml(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += fmt::format("\\{}", c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace jupiter
