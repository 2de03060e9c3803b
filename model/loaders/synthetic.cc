#include "model/loaders/synthetic.h"

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base/check.h"
#include "model/loaders/synthetic_fill.h"
#include "model/loaders/synthetic_shapes.h"

namespace jupiter {
namespace {

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Matrices that keep the size of their input. Large queries make attention choose rather than
// average, and a large embedding keeps tokens apart: then greedy text does not fall into a loop.
// Where the table is the head, too, it must be small, or every token would predict itself.
Distribution DistributionOf(const TensorInfo& info, const ModelConfig& config) {
  if (info.rows == 1 && info.name.find("norm") != std::string::npos) return {1, 0.15};
  if (info.rows == 1) return {0, 0.1};
  if (info.name == "embed" && !config.tied_head) return {0, 2};
  const double unit = 1 / std::sqrt(static_cast<double>(info.columns));
  return {0, EndsWith(info.name, ".wq") ? 3 * unit : unit};
}

class SyntheticCheckpoint : public Checkpoint {
 public:
  explicit SyntheticCheckpoint(const std::string& name) : Checkpoint(name) {
    SyntheticName parsed = ParseSyntheticName(name);
    seed_ = parsed.weights.seed;
    std::vector<TensorInfo> tensors = ExpectedTensors(parsed.config);
    std::vector<TensorInfo> expected = tensors;
    for (TensorInfo& info : tensors) {
      if (info.rows > 1) info.dtype = parsed.weights.dtype;
    }
    Publish(std::move(parsed.config), std::move(expected), std::move(tensors),
            [](const std::string& tensor_name) { return tensor_name; });
  }

  bool in_memory() const override { return true; }
  std::string_view format() const override { return "synthetic"; }

 private:
  HostTensor DoRead(const TensorInfo& info, std::int64_t row_begin, std::int64_t row_end) override {
    return MakeSyntheticRows(seed_, info, DistributionOf(info, config()), row_begin, row_end);
  }

  std::uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Checkpoint> OpenSynthetic(const std::string& name) {
  return std::make_unique<SyntheticCheckpoint>(name);
}

}  // namespace jupiter
