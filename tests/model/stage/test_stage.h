// What the tests of stages share: logits on the host, and plain decoding as the oracle.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/stage/stage.h"

namespace jupiter {

using Ids = std::vector<std::int32_t>;
using Floats = std::vector<float>;

// `count` seeded token ids of the model.
Ids SomeTokens(const ModelConfig& config, int count, std::uint64_t seed);

// Both parts, one after the other.
Ids Joined(const Ids& first, const Ids& second);

// All rows of a tensor of the device, one vector each.
std::vector<Floats> ToHost(Device& device, ConstTensorView x);

// Options for the whole model: `rows` of a batch (each may need the head) and `rows` positions.
StageOptions WholeModel(const ModelConfig& config, int rows);

// An item with logits for every row; `parents` empty for a chain.
BatchItem Item(std::int32_t sequence, const Ids& tokens, const Ids& parents = {},
               bool provisional = false);

// A device, a checkpoint and a stage over it that live together.
class TestStage {
 public:
  explicit TestStage(const std::string& model = "synthetic:tiny", const std::string& device = "cpu",
                     int rows = 64);
  TestStage(std::unique_ptr<Device> device, std::unique_ptr<Checkpoint> checkpoint,
            const StageOptions& options);

  // Logits of the batch's head rows.
  std::vector<Floats> Run(const Batch& batch);
  // One item in one batch; `open` makes the sequence first, continuing `parent`.
  std::vector<Floats> Run(const BatchItem& item);
  void Open(std::int32_t sequence, std::int32_t parent = -1);
  void Close(std::int32_t sequence);

  // Logits of every token of a fresh sequence, in batches of the given lengths (the last one is
  // repeated). The sequence is closed again.
  std::vector<Floats> Flat(const Ids& tokens, const std::vector<int>& lengths = {1});

  Stage& stage() { return *stage_; }
  Device& device() { return *device_; }
  Checkpoint& checkpoint() { return *checkpoint_; }
  const ModelConfig& config() const { return checkpoint_->config(); }

 private:
  std::unique_ptr<Device> device_;
  std::unique_ptr<Checkpoint> checkpoint_;
  std::unique_ptr<Stage> stage_;
};

// max over all rows of |a - b|, relative to the largest |b| of that row.
double RelativeDifference(const std::vector<Floats>& a, const std::vector<Floats>& b);

}  // namespace jupiter
