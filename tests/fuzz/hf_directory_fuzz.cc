// A Hugging Face directory whose config, index and shards do not fit together.
#include "model/loaders/safetensors_checkpoint.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/use_checkpoint.h"
#include "tests/model/loaders/temp_directory.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {
namespace {

struct GoodModel {
  std::string config;
  std::string index;
  SafetensorsBuilder shard;
};

GoodModel MakeGoodModel() {
  ModelConfig config = SmallConfig();
  config.layers = 1;
  config.vocab = 4;
  config.tied_head = true;
  GoodModel model{ToConfigJson(config), "", ToSafetensors(MakeTestModel(config))};
  nlohmann::json map;
  for (const auto& [name, value] : model.shard.header.items()) map[name] = "a.safetensors";
  model.index = nlohmann::json{{"weight_map", map}}.dump();
  return model;
}

void Open(FuzzedDataProvider& data, const TempDirectory& directory) {
  static const GoodModel model = MakeGoodModel();
  directory.Write("config.json", Damaged(data, model.config));
  directory.Write("model.safetensors.index.json", Damaged(data, model.index));
  const std::string header = Damaged(data, model.shard.header.dump());
  directory.Write("a.safetensors", SafetensorsBuilder::Frame(header, model.shard.data));
  UseCheckpoint(*OpenSafetensors(directory.path()));
}

}  // namespace
}  // namespace jupiter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const jupiter::TempDirectory directory;
  FuzzedDataProvider data(bytes, size);
  jupiter::ExpectGoodOrOneLine([&data] { jupiter::Open(data, directory); }, directory.path());
  return 0;
}
