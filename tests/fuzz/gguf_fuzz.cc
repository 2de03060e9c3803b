// GGUF files: any bytes, or a good model of some type, damaged.
#include "model/checkpoint/mapped_file.h"
#include "model/loaders/gguf_checkpoint.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/use_checkpoint.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

// Biases, rotary factors and metadata of every kind are in it.
std::string GoodFile(DType dtype, Architecture architecture) {
  ModelConfig config = dtype == DType::kF32 ? SmallConfig() : WideConfig();
  config.layers = 1;
  config.ffn = config.hidden;
  config.architecture = architecture;
  config.qkv_bias = architecture == Architecture::kQwen2;
  config.tied_head = true;
  GgufBuilder gguf = ToGguf(MakeTestModel(config, dtype));
  gguf.SetStrings("tokenizer.ggml.tokens", {"a", "b"});
  gguf.SetBool("flag", true);
  gguf.Set("numbers", 9, NumberBytes<std::uint32_t>(6) + NumberBytes<std::uint64_t>(1) + "wxyz");
  std::string factors;
  for (int i = 0; i < config.head_dim / 2; ++i) factors += NumberBytes(1.0f);
  gguf.AddTensor("rope_freqs.weight", 0, {static_cast<std::uint64_t>(config.head_dim / 2)},
                 factors);
  gguf.Place();
  return gguf.Build();
}

void Open(FuzzedDataProvider& data) {
  static const std::string good[] = {GoodFile(DType::kF32, Architecture::kLlama),
                                     GoodFile(DType::kF32, Architecture::kQwen2),
                                     GoodFile(DType::kQ4_K, Architecture::kLlama)};
  std::string bytes;
  const int kind = data.ConsumeIntegralInRange(0, 3);
  bytes = kind == 3 ? data.ConsumeRemainingBytesAsString() : Damaged(data, good[kind]);
  UseCheckpoint(*LoadGguf(MappedFile::FromBytes("fuzz", std::move(bytes))));
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  jupiter::ExpectGoodOrOneLine([&data] { jupiter::Open(data); }, "fuzz");
  return 0;
}
