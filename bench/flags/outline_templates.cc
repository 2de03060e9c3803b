#include "bench/flags/outline_templates.h"

#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"
#include "planning/text/find_data.h"
#include "planning/text/yaml_reader.h"

namespace jupiter {
namespace {

constexpr std::size_t kMostFormats = 100;
constexpr std::size_t kMostTexts = 32;

// What a field may and must have.
struct Placeholders {
  std::vector<std::string> known;
  std::vector<std::string> needed;
};

class FormatReader {
 public:
  FormatReader(std::string name, const YamlValue& value)
      : name_(std::move(name)),
        map_(value, {"controls", "answer", "skeleton", "skeleton_start", "expansion", "point",
                     "heading", "next_point", "joiner"}) {
    for (const YamlValue& control : ListIfAny("controls")) controls_.push_back(control.Name());
  }

  OutlineTemplate Read() const {
    OutlineTemplate result;
    result.format = name_;
    result.answer = Field("answer", {{"question"}, {"question"}});
    result.skeleton = Field("skeleton", {{"question"}, {"question"}});
    if (const auto start = map_.Find("skeleton_start")) result.skeleton_start = start->Text();
    result.expansion = Field("expansion", {{"question", "skeleton"}, {"question", "skeleton"}});
    result.point = Field("point", {{"number", "point"}, {"number"}});
    if (map_.Find("heading")) result.heading = Field("heading", {{"number", "point"}, {}});
    map_.At("next_point");
    for (const YamlValue& marker : ListIfAny("next_point")) {
      result.next_point.push_back(Template(marker, {{"next"}, {}}));
    }
    result.joiner = map_.At("joiner").Text();
    return result;
  }

 private:
  std::vector<YamlValue> ListIfAny(std::string_view key) const {
    const auto list = map_.Find(key);
    return list ? list->List(0, kMostTexts) : std::vector<YamlValue>();
  }

  PromptTemplate Field(std::string_view key, const Placeholders& placeholders) const {
    return Template(map_.At(key), placeholders);
  }

  PromptTemplate Template(const YamlValue& value, const Placeholders& placeholders) const {
    const std::string& text = value.Text();
    try {
      PromptTemplate result(text, placeholders.known, controls_);
      for (const std::string& name : placeholders.needed) {
        if (!result.Has(name)) FailUser("the placeholder {{{}}} is missing", name);
      }
      return result;
    } catch (const UserError& error) {
      value.Fail(error.what());
    }
  }

  std::string name_;
  YamlMap map_;
  std::vector<std::string> controls_;
};

}  // namespace

OutlineTemplates ParseOutlineTemplates(const std::string& text, const std::string& source) {
  const YamlNode root = ParseYaml(text, source);
  const YamlMap map({root, source, ""}, {"jupiter_outline_templates", "formats"});
  CheckFormatVersion(map, "jupiter_outline_templates");
  const YamlValue formats = map.At("formats");
  OutlineTemplates templates;
  for (const YamlEntry& entry : Entries(formats)) {
    templates.emplace(entry.name, FormatReader(entry.name, entry.value).Read());
  }
  if (templates.empty() || templates.size() > kMostFormats) {
    formats.Fail(fmt::format("{} chat formats, expected 1 to {}", templates.size(), kMostFormats));
  }
  return templates;
}

OutlineTemplate LoadOutlineTemplate(const std::string& name_or_path, const std::string& format) {
  const std::string path = FindDataFile({"file of outline templates", "templates"}, name_or_path);
  const OutlineTemplates templates =
      ParseOutlineTemplates(ReadYamlFile(path, "outline templates"), path);
  const auto found = templates.find(format);
  if (found != templates.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& entry : templates) known.push_back(entry.first);
  FailUser("{}: no chat format {}{}", path, Show(format), ExpectedOneOf(format, known));
}

}  // namespace jupiter
