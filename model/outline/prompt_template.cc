#include "model/outline/prompt_template.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "kernels/base/check.h"

namespace jupiter {

class PromptTemplate::Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& placeholders,
         const std::vector<std::string>& controls)
      : rest_(text), placeholders_(placeholders), controls_(controls) {}

  std::vector<Part> Run() {
    while (!rest_.empty()) ReadPart();
    return std::move(parts_);
  }

 private:
  void ReadPart() {
    for (const std::string& control : controls_) {
      if (!rest_.starts_with(control)) continue;
      parts_.push_back({Kind::kControl, control});
      rest_.remove_prefix(control.size());
      return;
    }
    if (rest_.starts_with("{{") || rest_.starts_with("}}")) {
      AddText(2);
    } else if (rest_.front() == '{') {
      ReadPlaceholder();
    } else if (rest_.front() == '}') {
      FailUser("a }} that closes nothing; a brace in the text is written twice");
    } else {
      AddText(1);
    }
  }

  void ReadPlaceholder() {
    const std::size_t end = rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
    if (end == std::string_view::npos || rest_[end] != '}') {
      FailUser("a {{ that begins no placeholder; a brace in the text is written twice");
    }
    const std::string name(rest_.substr(1, end - 1));
    if (std::find(placeholders_.begin(), placeholders_.end(), name) == placeholders_.end()) {
      FailUser("unknown placeholder {{{}}}, expected {}; a brace in the text is written twice",
               name, Expected());
    }
    parts_.push_back({Kind::kPlaceholder, name});
    rest_.remove_prefix(end + 1);
  }

  std::string Expected() const {
    if (placeholders_.empty()) return "none here";
    return fmt::format("one of {{{}}}", fmt::join(placeholders_, "}, {"));
  }

  // Of so many bytes the first is text.
  void AddText(std::size_t bytes) {
    if (parts_.empty() || parts_.back().kind != Kind::kText) parts_.push_back({});
    parts_.back().text += rest_.front();
    rest_.remove_prefix(bytes);
  }

  std::string_view rest_;
  const std::vector<std::string>& placeholders_;
  const std::vector<std::string>& controls_;
  std::vector<Part> parts_;
};

PromptTemplate::PromptTemplate(std::string_view text, const std::vector<std::string>& placeholders,
                               const std::vector<std::string>& controls)
    : parts_(Parser(text, placeholders, controls).Run()) {}

bool PromptTemplate::Has(std::string_view placeholder) const {
  return std::any_of(parts_.begin(), parts_.end(), [placeholder](const Part& part) {
    return part.kind == Kind::kPlaceholder && part.text == placeholder;
  });
}

Prompt PromptTemplate::Fill(const PlaceholderValues& values) const {
  Prompt prompt;
  for (const Part& part : parts_) {
    if (part.kind == Kind::kControl) {
      prompt.push_back({true, part.text});
      continue;
    }
    std::string_view text = part.text;
    if (part.kind == Kind::kPlaceholder) {
      const auto value = std::find_if(values.begin(), values.end(),
                                      [text](const auto& entry) { return entry.first == text; });
      JUPITER_CHECK(value != values.end(), "{}", text);
      text = value->second;
    }
    AppendText(prompt, text);
  }
  return prompt;
}

void AppendText(Prompt& prompt, std::string_view text) {
  if (text.empty()) return;
  if (prompt.empty() || prompt.back().control) prompt.emplace_back();
  prompt.back().text += text;
}

std::string PromptText(const Prompt& prompt) {
  std::string text;
  for (const PromptPart& part : prompt) text += part.text;
  return text;
}

}  // namespace jupiter
