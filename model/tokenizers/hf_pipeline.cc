#include "model/tokenizers/hf_pipeline.h"

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

class PipelineReader {
 public:
  PipelineReader(const std::string& path, const HfJson& root)
      : path_(path),
        normalizers_(Steps(path, Child(root, "normalizer"), "normalizers")),
        splitters_(Steps(path, Child(root, "pre_tokenizer"), "pretokenizers")) {}

  HfPipeline Read() const {
    for (const HfJson* step : splitters_) {
      if (Type(*step) == "ByteLevel") return ReadByteLevel();
    }
    return ReadSpm();
  }

 private:
  std::string Type(const HfJson& step) const { return StringOr(path_, step, "type", ""); }

  HfPipeline ReadByteLevel() const {
    for (const HfJson* step : normalizers_) {
      if (Type(*step) != "NFC") Refuse("normalizer", *step, "NFC");
    }
    const HfJson& last = *splitters_.back();
    if (Type(last) != "ByteLevel") Refuse("pre_tokenizer", last, "ByteLevel as the last step");
    if (BoolOr(path_, last, "add_prefix_space", true)) {
      FailUser("{}: ByteLevel with add_prefix_space is not supported", path_);
    }
    const bool gpt2 = BoolOr(path_, last, "use_regex", true);
    if (splitters_.size() != (gpt2 ? 1 : 2)) {
      FailUser(
          "{}: pre_tokenizer of {} steps; supported: ByteLevel alone with use_regex, or Split "
          "and ByteLevel without",
          path_, splitters_.size());
    }
    return {true, gpt2 ? WordRule::kGpt2 : ReadSplit(*splitters_.front()), SpacePrefix::kNone};
  }

  WordRule ReadSplit(const HfJson& step) const {
    if (Type(step) != "Split") Refuse("pre_tokenizer", step, "Split, ByteLevel");
    const std::string regex = StringOr(path_, Child(step, "pattern"), "Regex", "");
    const std::optional<WordRule> rule = RecogniseWordPattern(regex);
    if (!rule) {
      FailUser("{}: unsupported Split pattern {}; supported: those of GPT-2, Llama 3 and Qwen2",
               path_, Quote(regex));
    }
    if (StringOr(path_, step, "behavior", "") != "Isolated" ||
        BoolOr(path_, step, "invert", false)) {
      FailUser("{}: unsupported Split behavior; supported: Isolated, not inverted", path_);
    }
    return *rule;
  }

  HfPipeline ReadSpm() const {
    HfPipeline pipeline;
    bool marks_spaces = false;
    for (const HfJson* step : normalizers_) {
      if (IsPrepend(*step)) {
        pipeline.prefix = SpacePrefix::kAlways;
      } else if (IsSpaceReplace(*step)) {
        marks_spaces = true;
      } else {
        Refuse("normalizer", *step, "Prepend and Replace with U+2581");
      }
    }
    for (const HfJson* step : splitters_) {
      if (!IsMetaspace(*step)) Refuse("pre_tokenizer", *step, "ByteLevel, Split, Metaspace");
      if (Prefixes(*step)) pipeline.prefix = SpacePrefix::kUnlessSpace;
      marks_spaces = true;
    }
    if (!marks_spaces) {
      FailUser("{}: unsupported: neither a ByteLevel pre_tokenizer nor a space written as U+2581",
               path_);
    }
    return pipeline;
  }

  bool IsPrepend(const HfJson& step) const {
    return Type(step) == "Prepend" && StringOr(path_, step, "prepend", "") == kSpaceMark;
  }

  bool IsSpaceReplace(const HfJson& step) const {
    return Type(step) == "Replace" &&
           StringOr(path_, Child(step, "pattern"), "String", "") == " " &&
           StringOr(path_, step, "content", "") == kSpaceMark;
  }

  // Only without "split": merges then see the whole text, as sentencepiece does.
  bool IsMetaspace(const HfJson& step) const {
    return Type(step) == "Metaspace" && StringOr(path_, step, "replacement", "") == kSpaceMark &&
           !BoolOr(path_, step, "split", true);
  }

  bool Prefixes(const HfJson& step) const {
    const bool old_flag = BoolOr(path_, step, "add_prefix_space", true);
    return StringOr(path_, step, "prepend_scheme", old_flag ? "always" : "never") != "never";
  }

  [[noreturn]] void Refuse(std::string_view stage, const HfJson& step,
                           std::string_view supported) const {
    FailUser("{}: unsupported {} {}; supported: {}", path_, stage, Quote(Type(step)), supported);
  }

  const std::string& path_;
  std::vector<const HfJson*> normalizers_;
  std::vector<const HfJson*> splitters_;
};

}  // namespace

HfPipeline ReadHfPipeline(const std::string& path, const HfJson& root) {
  return PipelineReader(path, root).Read();
}

}  // namespace jupiter
