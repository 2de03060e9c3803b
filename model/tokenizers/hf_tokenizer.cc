#include "model/tokenizers/hf_tokenizer.h"

#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/byte_reader.h"
#include "model/checkpoint/json_object.h"
#include "model/tokenizers/byte_bpe_tokenizer.h"
#include "model/tokenizers/hf_json.h"
#include "model/tokenizers/hf_pipeline.h"
#include "model/tokenizers/hf_vocabulary.h"
#include "model/tokenizers/merge_rules.h"
#include "model/tokenizers/spm_tokenizer.h"
#include "model/tokenizers/utf8.h"

namespace jupiter {
namespace {

void CheckBpeModel(const std::string& path, const HfJson& model) {
  // Files of early versions do not name the type; merges make it BPE.
  const bool merges = Child(model, "merges").is_array();
  const std::string type = StringOr(path, model, "type", merges ? "BPE" : "");
  if (type != "BPE") {
    FailUser("{}: unsupported tokenizer model {}; supported: BPE", path, Quote(type));
  }
  if (!merges) FailUser("{}: \"model\" has no list \"merges\"", path);
  for (std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!StringOr(path, model, key, "").empty()) {
      FailUser("{}: BPE with {} is not supported", path, key);
    }
  }
}

// A merge: "left right", or a list of both. Views into the JSON.
RankRule::TextPair ReadMerge(const std::string& path, std::size_t index, const HfJson& merge) {
  if (merge.is_string()) return SplitMerge(path, index, merge.get_ref<const std::string&>());
  if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string()) {
    FailUser("{}: merge {} is neither a string nor a list of two", path, index);
  }
  return {merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>()};
}

std::vector<RankRule::TextPair> ReadMerges(const std::string& path, const HfJson& model) {
  std::vector<RankRule::TextPair> merges;
  for (const HfJson& merge : Child(model, "merges")) {
    merges.push_back(ReadMerge(path, merges.size(), merge));
  }
  return merges;
}

std::unique_ptr<Tokenizer> MakeSpm(const std::string& path, const HfJson& model,
                                   const HfPipeline& pipeline, Vocabulary tokens,
                                   SpecialTokens special) {
  if (!BoolOr(path, model, "byte_fallback", false)) {
    FailUser("{}: sentencepiece-style BPE without byte_fallback is not supported", path);
  }
  auto vocabulary = std::make_shared<const Vocabulary>(std::move(tokens));
  auto rule = std::make_unique<RankRule>(path, *vocabulary, ReadMerges(path, model));
  return std::make_unique<SpmTokenizer>(path, vocabulary, std::move(rule),
                                        SpmOptions{std::string(kSpaceMark), pipeline.prefix},
                                        std::move(special));
}

}  // namespace

std::unique_ptr<Tokenizer> OpenHfTokenizer(const NamedText& tokenizer,
                                           const std::optional<NamedText>& config) {
  const std::string& path = tokenizer.path;
  const HfJson root = ParseJson(tokenizer.text, path);
  const HfJson config_root = config ? ParseJson(config->text, config->path) : HfJson();
  const HfJson& model = Child(root, "model");
  if (!model.is_object()) FailUser("{}: no \"model\": is it a tokenizer.json?", path);
  CheckBpeModel(path, model);
  const HfPipeline pipeline = ReadHfPipeline(path, root);
  Vocabulary vocabulary = ReadHfVocabulary(path, root, !pipeline.byte_level);
  SpecialTokens special =
      ReadHfSpecial(path, root, config ? config->path : path, config_root, vocabulary);
  if (!pipeline.byte_level) {
    return MakeSpm(path, model, pipeline, std::move(vocabulary), std::move(special));
  }
  const ByteBpeOptions options = {pipeline.rule, BoolOr(path, model, "ignore_merges", false)};
  return std::make_unique<ByteBpeTokenizer>(path, std::move(vocabulary), ReadMerges(path, model),
                                            options, std::move(special));
}

}  // namespace jupiter
