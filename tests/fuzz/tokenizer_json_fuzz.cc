// tokenizer.json: any bytes, or a small good file with values replaced.
#include <fuzzer/FuzzedDataProvider.h>

#include "kernels/base/check.h"
#include "model/tokenizers/hf_json.h"
#include "model/tokenizers/hf_tokenizer.h"
#include "tests/fuzz/use_tokenizer.h"

namespace jupiter {
namespace {

constexpr char kByteLevel[] = R"({
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "\u0120": 3, "\u0120a": 4},
            "merges": ["a b", ["\u0120", "a"]], "ignore_merges": true, "byte_fallback": false,
            "unk_token": null, "end_of_word_suffix": ""},
  "added_tokens": [{"id": 5, "content": "<s>", "special": true},
                   {"id": 6, "content": "<x>", "special": false}],
  "normalizer": {"type": "NFC"},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex":
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"}},
    {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
  "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}]}})";

constexpr char kSpm[] = R"({
  "model": {"type": "BPE", "byte_fallback": true, "unk_token": "<unk>",
            "vocab": {"<unk>": 0, "<s>": 1, "<0x61>": 2, "\u2581": 3, "a": 4, "\u2581a": 5},
            "merges": ["\u2581 a"]},
  "added_tokens": [{"id": 1, "content": "<s>", "special": true}],
  "normalizer": {"type": "Sequence", "normalizers": [
    {"type": "Prepend", "prepend": "\u2581"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
  "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "split": false,
                    "prepend_scheme": "first"},
  "post_processor": {"type": "Sequence", "processors": []}})";

constexpr char kConfig[] = R"({"bos_token": "<s>", "eos_token": {"content": "<s>"},
  "add_bos_token": true})";

// Puts values of the document, or JSON from the input, in the place of others.
HfJson Damaged(FuzzedDataProvider& data, const char* text) {
  HfJson root = HfJson::parse(text);
  for (int damages = data.ConsumeIntegralInRange(0, 3); damages > 0; --damages) {
    const HfJson flat = root.flatten();
    const auto pick = [&] {
      auto entry = flat.begin();
      std::advance(entry, data.ConsumeIntegralInRange<std::size_t>(0, flat.size() - 1));
      return entry;
    };
    auto pointer = HfJson::json_pointer(pick().key());
    if (data.ConsumeBool() && !pointer.empty()) pointer = pointer.parent_pointer();
    HfJson value = pick().value();
    if (data.ConsumeBool())
      value = HfJson::parse(data.ConsumeRandomLengthString(20), nullptr, false);
    if (!value.is_discarded()) root[pointer] = value;
    if (!root.is_object() || root.empty()) break;
  }
  return root;
}

void Open(FuzzedDataProvider& data) {
  const int kind = data.ConsumeIntegralInRange(0, 2);
  const std::string config = Damaged(data, kConfig).dump();
  std::string text;
  if (kind > 0) text = Damaged(data, kind == 1 ? kByteLevel : kSpm).dump();
  const std::string rest = data.ConsumeRemainingBytesAsString();
  const auto tokenizer =
      OpenHfTokenizer({"fuzz", kind == 0 ? rest : text}, NamedText{"fuzz config", config});
  UseTokenizer(*tokenizer, rest);
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  try {
    jupiter::Open(data);
  } catch (const jupiter::UserError&) {
    return 0;
  }
  return 0;
}
