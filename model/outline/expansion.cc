#include "model/outline/expansion.h"

#include <algorithm>

#include "kernels/base/check.h"
#include "model/outline/encode_prompt.h"

namespace jupiter {
namespace {

// What a model may number the point after this one: by counting, or as the outline does.
std::vector<int> NextNumbers(const std::vector<OutlinePoint>& points, std::size_t index) {
  std::vector<int> numbers = {points[index].number + 1};
  if (index + 1 < points.size() && points[index + 1].number != numbers.front()) {
    numbers.push_back(points[index + 1].number);
  }
  return numbers;
}

std::vector<std::string> Markers(const OutlineTemplate& outline_template,
                                 const std::vector<int>& next_numbers) {
  std::vector<std::string> markers;
  for (const PromptTemplate& marker : outline_template.next_point) {
    for (int number : next_numbers) {
      std::string text = PromptText(marker.Fill({{"next", fmt::format("{}", number)}}));
      if (std::find(markers.begin(), markers.end(), text) == markers.end()) {
        markers.push_back(std::move(text));
      }
    }
  }
  return markers;
}

PointExpansion ExpandPoint(const OutlineTemplate& outline_template, const Tokenizer& tokenizer,
                           const OutlinePoint& point) {
  const std::string number = fmt::format("{}", point.number);
  const PlaceholderValues values = {{"number", number}, {"point", point.text}};
  PointExpansion expansion;
  expansion.suffix = EncodeSuffix(tokenizer, outline_template.point.Fill(values));
  if (expansion.suffix.empty()) {
    FailUser("the prompt of point {} has no tokens after the shared ones; edit the template",
             point.number);
  }
  expansion.heading = PromptText(outline_template.heading.Fill(values));
  return expansion;
}

}  // namespace

std::vector<std::int32_t> SkeletonPrompt(const OutlineTemplate& outline_template,
                                         const Tokenizer& tokenizer, const std::string& question) {
  Prompt prompt = outline_template.skeleton.Fill({{"question", question}});
  AppendText(prompt, outline_template.skeleton_start);
  return EncodePrompt(tokenizer, prompt);
}

std::vector<std::int32_t> AnswerPrompt(const OutlineTemplate& outline_template,
                                       const Tokenizer& tokenizer, const std::string& question) {
  return EncodePrompt(tokenizer, outline_template.answer.Fill({{"question", question}}));
}

Expansion ExpandOutline(const OutlineTemplate& outline_template, const Tokenizer& tokenizer,
                        const std::string& question, const std::vector<OutlinePoint>& points) {
  JUPITER_CHECK(!points.empty(), "no points");
  const std::string skeleton = OutlineText(points);
  Expansion expansion;
  expansion.prefix = EncodePrompt(
      tokenizer, outline_template.expansion.Fill({{"question", question}, {"skeleton", skeleton}}));
  for (std::size_t i = 0; i < points.size(); ++i) {
    expansion.points.push_back(ExpandPoint(outline_template, tokenizer, points[i]));
    expansion.points.back().markers = Markers(outline_template, NextNumbers(points, i));
  }
  expansion.joiner = outline_template.joiner;
  return expansion;
}

}  // namespace jupiter
