#include "tests/model/stage/test_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/base/check.h"
#include "kernels/base/rng.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"

namespace jupiter {

Ids SomeTokens(const ModelConfig& config, int count, std::uint64_t seed) {
  const CounterRng rng(seed);
  Ids ids;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t bits = rng.Bits(static_cast<std::uint64_t>(i));
    ids.push_back(static_cast<std::int32_t>(bits % static_cast<std::uint64_t>(config.vocab)));
  }
  return ids;
}

Ids Joined(const Ids& first, const Ids& second) {
  Ids joined = first;
  joined.insert(joined.end(), second.begin(), second.end());
  return joined;
}

std::vector<Floats> ToHost(Device& device, ConstTensorView x) {
  std::vector<Floats> rows;
  for (std::int64_t row = 0; row < x.rows; ++row) {
    Floats values(static_cast<std::size_t>(x.columns));
    device.Export(x.Rows(row, 1), HostView(values.data(), 1, x.columns));
    rows.push_back(std::move(values));
  }
  return rows;
}

StageOptions WholeModel(const ModelConfig& config, int rows) {
  StageOptions options;
  options.layer_end = config.layers;
  options.embedding = options.head = true;
  options.max_rows = options.max_head_rows = rows;
  options.max_positions = rows;
  return options;
}

BatchItem Item(std::int32_t sequence, const Ids& tokens, const Ids& parents, bool provisional) {
  BatchItem item;
  item.sequence = sequence;
  item.tokens = tokens;
  item.parents = parents;
  item.provisional = provisional;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    item.head_rows.push_back(static_cast<std::int32_t>(i));
  }
  return item;
}

TestStage::TestStage(const std::string& model, const std::string& device, int rows)
    : device_(MakeDevice(device, {})), checkpoint_(OpenCheckpoint(model)) {
  stage_ = std::make_unique<Stage>(*device_, *checkpoint_, WholeModel(config(), rows));
}

TestStage::TestStage(std::unique_ptr<Device> device, std::unique_ptr<Checkpoint> checkpoint,
                     const StageOptions& options)
    : device_(std::move(device)), checkpoint_(std::move(checkpoint)) {
  stage_ = std::make_unique<Stage>(*device_, *checkpoint_, options);
}

std::vector<Floats> TestStage::Run(const Batch& batch) {
  stage_->Forward(batch);
  return ToHost(*device_, stage_->ComputeLogits());
}

std::vector<Floats> TestStage::Run(const BatchItem& item) {
  Batch batch;
  batch.items = {item};
  return Run(batch);
}

void TestStage::Open(std::int32_t sequence, std::int32_t parent) {
  Batch batch;
  batch.open = {{sequence, stage_->options().max_positions, parent}};
  stage_->Forward(batch);
}

void TestStage::Close(std::int32_t sequence) {
  Batch batch;
  batch.close = {sequence};
  stage_->Forward(batch);
}

std::vector<Floats> TestStage::Flat(const Ids& tokens, const std::vector<int>& lengths) {
  constexpr std::int32_t kSequence = 1000;
  Open(kSequence);
  std::vector<Floats> logits;
  std::size_t slice = 0;
  for (auto at = tokens.begin(); at != tokens.end(); ++slice) {
    const int length = lengths[std::min(slice, lengths.size() - 1)];
    const auto end = at + std::min<std::ptrdiff_t>(length, tokens.end() - at);
    for (Floats& row : Run(Item(kSequence, Ids(at, end)))) logits.push_back(std::move(row));
    at = end;
  }
  Close(kSequence);
  return logits;
}

double RelativeDifference(const std::vector<Floats>& a, const std::vector<Floats>& b) {
  JUPITER_CHECK(a.size() == b.size());
  double worst = 0;
  for (std::size_t row = 0; row < a.size(); ++row) {
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < b[row].size(); ++i) {
      largest = std::max(largest, std::fabs(static_cast<double>(b[row][i])));
      difference = std::max(difference, std::fabs(static_cast<double>(a[row][i]) - b[row][i]));
    }
    // A NaN must not vanish in a maximum.
    if (!(difference <= worst * largest)) worst = difference / largest;
  }
  return worst;
}

}  // namespace jupiter
