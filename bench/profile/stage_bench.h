// One stage of a model, set up so that batches of any size after any context can be timed.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bench/profile/op_samples.h"
#include "model/stage/stage.h"

namespace jupiter {

// A batch to time: rows after a context.
struct Shot {
  int rows = 1;
  int context = 0;
};

class StageBench {
 public:
  // `options`: with embedding and head, and room for the shots to come. The samples outlive this.
  StageBench(Device& device, Checkpoint& checkpoint, const StageOptions& options,
             OpSamples& samples);
  ~StageBench() { device_.Observe(nullptr); }
  StageBench(const StageBench&) = delete;
  StageBench& operator=(const StageBench&) = delete;

  // Makes a sequence with this many positions before every batch on it.
  void AddContext(int context);
  // Runs the shot and all that can follow it: the head, rounding, messages. Returns the seconds
  // between the ops of the layers.
  double Fire(const Shot& shot);
  // Seconds to choose a token from the last shot's logits and to hash them.
  double TakeToken() const;

  // Rows of the head in a batch: all where trees may be as large, else the last.
  static std::int64_t HeadRows(const Shot& shot);

 private:
  Batch MakeBatch(const Shot& shot) const;
  void RunHead();
  void RunMessages(TensorView hidden);

  Device& device_;
  OpSamples& samples_;
  std::vector<std::int32_t> tokens_;  // [max_rows]
  Stage stage_;
  Tensor scratch_;                           // [max_rows, hidden]
  std::vector<float> logits_;                // [max_head_rows, vocab] in host memory
  std::map<int, std::int32_t> sequence_of_;  // by context
  std::int64_t vocab_ = 0;
};

}  // namespace jupiter
