// The header of a safetensors file, draft heads and config.json: any bytes, or good ones, damaged.
#include "model/checkpoint/mapped_file.h"
#include "model/loaders/hf_model.h"
#include "model/loaders/medusa_file.h"
#include "model/loaders/safetensors_file.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/use_checkpoint.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

SafetensorsBuilder GoodFile() {
  SafetensorsBuilder file;
  file.header["__metadata__"] = {{"format", "pt"}};
  file.Add("a", "F32", {2, 3}, std::string(24, 'a'));
  file.Add("b", "BF16", {4}, std::string(8, 'b'));
  file.Add("none", "I8", {0, 7}, "");
  return file;
}

std::string GoodConfig(const char* scaling) {
  nlohmann::json config = nlohmann::json::parse(ToConfigJson(SmallConfig()));
  config["rope_scaling"] = nlohmann::json::parse(scaling);
  return config.dump();
}

void OpenFile(std::string bytes) {
  const SafetensorsFile file(MappedFile::FromBytes("fuzz", std::move(bytes)));
  const auto all = file.file()->bytes();
  for (const auto& [name, entry] : file.entries()) {
    if (entry.data < all.data() || entry.data > all.data() + all.size()) __builtin_trap();
    ParseSafetensorsType("fuzz", name, entry.dtype);
  }
}

void OpenHeads(std::string bytes) {
  const MedusaFile file =
      LoadMedusa(MappedFile::FromBytes("fuzz", std::move(bytes)), SmallConfig());
  UseCheckpoint(*file.tensors);
}

void Open(FuzzedDataProvider& data) {
  static const SafetensorsBuilder file = GoodFile();
  static const std::string configs[] = {
      GoodConfig(R"({"rope_type": "linear", "factor": 2})"),
      GoodConfig(R"({"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
                     "high_freq_factor": 4, "original_max_position_embeddings": 8192})")};
  static const SafetensorsBuilder heads =
      ToSafetensors(MakeTestHeads({2, 1, true}, SmallConfig()), "medusa_head.");
  switch (data.ConsumeIntegralInRange(0, 7)) {
    case 0: return OpenFile(data.ConsumeRemainingBytesAsString());
    case 1: return OpenFile(Damaged(data, file.Build()));
    case 2: {
      const std::string header = Damaged(data, file.header.dump());
      return OpenFile(SafetensorsBuilder::Frame(header, Damaged(data, file.data)));
    }
    case 3: ReadHfConfig(data.ConsumeRemainingBytesAsString(), "fuzz", "model"); return;
    case 4: ReadHfConfig(Damaged(data, configs[0]), "fuzz", "model"); return;
    case 5: ReadHfConfig(Damaged(data, configs[1]), "fuzz", "model"); return;
    case 6: return OpenHeads(Damaged(data, heads.Build()));
    case 7:
      return OpenHeads(SafetensorsBuilder::Frame(Damaged(data, heads.header.dump()), heads.data));
  }
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  jupiter::ExpectGoodOrOneLine([&data] { jupiter::Open(data); }, "fuzz");
  return 0;
}
