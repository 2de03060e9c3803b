// Text with placeholders in braces, such as "Question: {question}", which prompts are made from.
//
// A brace itself is written twice: "{{", "}}". Names of control tokens ("<|im_start|>") are known
// beforehand; they count only where the template has them, never in what is filled in: a question
// that contains such a name keeps it as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jupiter {

// Part of a filled template: text, or the name of one control token.
struct PromptPart {
  bool control = false;
  std::string text;
};
// No two texts stand side by side, and no text is empty.
using Prompt = std::vector<PromptPart>;

// Adds text at the end.
void AppendText(Prompt& prompt, std::string_view text);

// As it reads, names of control tokens included.
std::string PromptText(const Prompt& prompt);

using PlaceholderValues = std::vector<std::pair<std::string_view, std::string_view>>;

class PromptTemplate {
 public:
  PromptTemplate() = default;
  // Throws UserError (what is wrong, without a place) for a placeholder that is not among
  // `placeholders` and for braces that do not match.
  PromptTemplate(std::string_view text, const std::vector<std::string>& placeholders,
                 const std::vector<std::string>& controls = {});

  bool Has(std::string_view placeholder) const;
  // Every placeholder must be among the values (CHECKed).
  Prompt Fill(const PlaceholderValues& values) const;

 private:
  enum class Kind : std::uint8_t { kText, kControl, kPlaceholder };
  struct Part {
    Kind kind = Kind::kText;
    std::string text;
  };

  class Parser;
  std::vector<Part> parts_;
};

}  // namespace jupiter
