// The vocabulary keys of GGUF files, well-formed as a container (which has a target of its own).
#include <fuzzer/FuzzedDataProvider.h>

#include "kernels/base/check.h"
#include "model/loaders/gguf_file.h"
#include "model/tokenizers/gguf_tokenizer.h"
#include "tests/fuzz/use_tokenizer.h"
#include "tests/model/tokenizers/gguf_bytes.h"

namespace jupiter {
namespace {

constexpr const char* kTexts[] = {"llama",  "gpt2", "gpt-2", "llama-bpe", "qwen2",  "a",
                                  "b",      "ab",   "a b",   "ab a",      "\u2581", "\u2581a",
                                  "<0x41>", "<s>",  "</s>",  "\u0120",    "\u0120a"};

std::string Text(FuzzedDataProvider& data) {
  return data.ConsumeBool() ? std::string(data.PickValueInArray(kTexts))
                            : data.ConsumeRandomLengthString(8);
}

GgufEntries Entries(FuzzedDataProvider& data) {
  GgufEntries entries;
  entries["model"] = std::string(data.ConsumeBool() ? "llama" : "gpt2");
  entries["pre"] = std::string(data.PickValueInArray({"gpt-2", "llama-bpe", "qwen2"}));
  const auto count = data.ConsumeIntegralInRange<std::size_t>(0, 20);
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<std::int32_t> types;
  for (std::size_t i = 0; i < count; ++i) {
    tokens.push_back(Text(data));
    scores.push_back(data.ConsumeFloatingPoint<float>());
    types.push_back(data.ConsumeIntegralInRange<std::int32_t>(1, 6));
  }
  std::vector<std::string> merges(data.ConsumeIntegralInRange<std::size_t>(0, 5));
  for (std::string& merge : merges) merge = Text(data);
  entries["tokens"] = tokens;
  entries["scores"] = scores;
  entries["token_type"] = types;
  entries["merges"] = merges;
  for (const char* key : {"bos_token_id", "eos_token_id", "eot_token_id"}) {
    if (data.ConsumeBool()) entries[key] = data.ConsumeIntegralInRange<std::uint32_t>(0, 20);
  }
  if (data.ConsumeBool()) entries["add_space_prefix"] = data.ConsumeBool();
  return entries;
}

// Any key may be missing, or of a wrong kind.
void Damage(FuzzedDataProvider& data, GgufEntries& entries) {
  for (int damages = data.ConsumeIntegralInRange(0, 2); damages > 0; --damages) {
    const char* const key = data.PickValueInArray(
        {"model", "pre", "tokens", "scores", "token_type", "merges", "add_space_prefix"});
    entries.erase(key);
    if (data.ConsumeBool()) entries[key] = Text(data);
    if (data.ConsumeBool()) entries[key] = std::vector<std::int32_t>{7};
  }
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace jupiter;
  FuzzedDataProvider data(bytes, size);
  GgufEntries entries = Entries(data);
  Damage(data, entries);
  try {
    const GgufFile gguf(MappedFile::FromBytes("fuzz", GgufBytes(entries)));
    UseTokenizer(*OpenGgufTokenizer(gguf), data.ConsumeRemainingBytesAsString());
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
