#include "model/medusa/head_weights.h"

#include "kernels/base/check.h"
#include "kernels/block_formats.h"
#include "model/loaders/safetensors_writer.h"

namespace jupiter {

std::vector<std::vector<float>*> HeadWeights::Parts() {
  std::vector<std::vector<float>*> parts;
  for (Block& block : blocks) {
    parts.push_back(&block.weight);
    parts.push_back(&block.bias);
  }
  if (!output.empty()) parts.push_back(&output);
  return parts;
}

HeadWeights MakeIdentityHead(int blocks, int hidden, const std::vector<float>& output) {
  const auto width = static_cast<std::size_t>(hidden);
  HeadWeights head;
  for (int block = 0; block < blocks; ++block) {
    head.blocks.push_back({std::vector<float>(width * width), std::vector<float>(width)});
  }
  head.output = output;
  return head;
}

HeadWeights ZerosLike(const HeadWeights& head) {
  HeadWeights zeros = head;
  for (std::vector<float>* part : zeros.Parts()) part->assign(part->size(), 0.0f);
  return zeros;
}

std::vector<float> ReadOutputMatrix(Checkpoint& checkpoint) {
  const TensorInfo& info = checkpoint.Info(checkpoint.config().tied_head ? "embed" : "head");
  const HostTensor tensor = checkpoint.Read(info.name, Shard::Whole(info.rows, info.columns));
  std::vector<float> values(static_cast<std::size_t>(info.rows * info.columns));
  for (std::int64_t row = 0; row < info.rows; ++row) {
    CheckFiniteRow(info.name, tensor.view, row, 0, info.columns);
    ReadRow(info.dtype, tensor.view.Row<std::byte>(row), 0, info.columns,
            values.data() + row * info.columns);
  }
  checkpoint.DropPages();
  return values;
}

void WriteHeads(const std::string& path, DType dtype, std::vector<HeadWeights>& heads,
                const ModelConfig& config, const std::map<std::string, std::string>& metadata) {
  JUPITER_CHECK(!heads.empty());
  const MedusaLayout layout{static_cast<int>(heads.size()),
                            static_cast<int>(heads.front().blocks.size()),
                            !heads.front().output.empty()};
  std::vector<std::vector<float>*> parts;
  for (HeadWeights& head : heads) {
    for (std::vector<float>* part : head.Parts()) parts.push_back(part);
  }
  const std::vector<TensorInfo> infos = MedusaTensors(layout, config);
  JUPITER_CHECK(infos.size() == parts.size(), "{} tensors of {}", parts.size(), infos.size());
  std::vector<FloatTensor> tensors;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    std::vector<std::int64_t> shape = {infos[i].columns};
    if (infos[i].rows > 1) shape.insert(shape.begin(), infos[i].rows);
    JUPITER_CHECK(std::ssize(*parts[i]) == infos[i].rows * infos[i].columns, "{}", infos[i].name);
    tensors.push_back({infos[i].name, shape, *parts[i]});
  }
  WriteSafetensors(path, dtype, tensors, metadata);
}

}  // namespace jupiter
