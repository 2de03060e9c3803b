// Legacy llama2.c checkpoints: any bytes, or a good model, damaged.
#include "model/checkpoint/mapped_file.h"
#include "model/loaders/llama2c.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/use_checkpoint.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

// Few bytes: damaged widths can still agree with the length.
std::string GoodFile(bool tied) {
  ModelConfig config = SmallConfig();
  config.layers = 1;
  config.hidden = 8;
  config.head_dim = 2;
  config.ffn = 4;
  config.vocab = 4;
  config.context = 4;
  config.tied_head = tied;
  return ToLlama2c(MakeTestModel(config));
}

void Open(FuzzedDataProvider& data) {
  static const std::string good[] = {GoodFile(false), GoodFile(true)};
  std::string bytes;
  const int kind = data.ConsumeIntegralInRange(0, 2);
  bytes = kind == 2 ? data.ConsumeRemainingBytesAsString() : Damaged(data, good[kind]);
  UseCheckpoint(*LoadLlama2c(MappedFile::FromBytes("fuzz", std::move(bytes))));
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  jupiter::ExpectGoodOrOneLine([&data] { jupiter::Open(data); }, "fuzz");
  return 0;
}
