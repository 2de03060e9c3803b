#include "model/loaders/medusa_synthetic.h"

#include <charconv>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "model/checkpoint/byte_reader.h"
#include "model/loaders/synthetic_fill.h"
#include "model/loaders/synthetic_shapes.h"

namespace jupiter {
namespace {

constexpr std::string_view kForm = "synthetic:<heads>[:own][:<type>][:seed=<n>]";

struct MedusaName {
  MedusaLayout layout;
  SyntheticWeights weights;
};

int ParseHeads(const std::string& name, std::string_view text) {
  int heads = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, heads);
  if (error != std::errc() || last != end || heads < 1 || heads > kMostMedusaHeads) {
    FailUser("{}: {} heads, expected 1 to {} ({})", Quote(name), Quote(text), kMostMedusaHeads,
             kForm);
  }
  return heads;
}

MedusaName ParseSyntheticMedusa(const std::string& name) {
  const std::vector<std::string_view> parts = SplitAtColons(name);
  MedusaName parsed;
  parsed.layout.heads = ParseHeads(name, parts[1]);
  parsed.layout.own_output = parts.size() > 2 && parts[2] == "own";
  const std::size_t used = parsed.layout.own_output ? 3 : 2;
  parsed.weights = ParseSyntheticWeights(name, std::span(parts).subspan(used), DType::kF16, kForm);
  return parsed;
}

// Matrices that keep the size of their input.
Distribution HeadDistributionOf(const TensorInfo& info) {
  if (info.rows == 1) return {0, 0.1};
  return {0, 1 / std::sqrt(static_cast<double>(info.columns))};
}

class SyntheticMedusa : public Checkpoint {
 public:
  SyntheticMedusa(const std::string& name, const MedusaName& parsed, ModelConfig config)
      : Checkpoint(name), seed_(parsed.weights.seed) {
    std::vector<TensorInfo> tensors = MedusaTensors(parsed.layout, config);
    std::vector<TensorInfo> expected = tensors;
    for (TensorInfo& info : tensors) {
      if (info.rows > 1) info.dtype = parsed.weights.dtype;
    }
    Publish(std::move(config), std::move(expected), std::move(tensors),
            [](const std::string& tensor_name) { return tensor_name; });
  }

  bool in_memory() const override { return true; }
  std::string_view format() const override { return "synthetic"; }

 private:
  HostTensor DoRead(const TensorInfo& info, std::int64_t row_begin, std::int64_t row_end) override {
    return MakeSyntheticRows(seed_, info, HeadDistributionOf(info), row_begin, row_end);
  }

  std::uint64_t seed_ = 0;
};

}  // namespace

MedusaFile MakeSyntheticMedusa(const std::string& name, const ModelConfig& config) {
  const MedusaName parsed = ParseSyntheticMedusa(name);
  return {parsed.layout, std::make_unique<SyntheticMedusa>(name, parsed, config)};
}

}  // namespace jupiter
