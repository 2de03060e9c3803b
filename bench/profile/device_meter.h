// Measures the ops of a model on a device where they run: inside a stage of the model.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/profile/op_samples.h"
#include "model/stage/stage.h"

namespace jupiter {

struct MeterOptions {
  std::vector<int> rows;      // of a batch, each at least 1
  std::vector<int> contexts;  // positions before the batch, each at least 0
  DType kv = DType::kF32;
  std::optional<DType> quantise;
  int layers = 0;  // of the stage; 0: see LayersToMeasure
  int rounds = 0;  // each measures every batch once; 0: as many as fit into `seconds`, at most 50
  double seconds = 60;  // of all rounds; the first one is completed in any case
};

// What runs between ops, and is in no op's time. Seconds, medians.
struct HostOverhead {
  double least_rows = 0;  // of a batch with the fewest rows: layout, and calls of all layers
  double most_rows = 0;   // of a batch with the most rows
  double token = 0;       // greedy sampling and hashing of one row of logits
};

struct DeviceMeasurement {
  std::vector<OpCall> medians;  // see OpSamples
  HostOverhead overhead;
  int layers = 0;  // of the stage
  std::int64_t weight_bytes = 0;
  int rounds = 0;
  double seconds = 0;  // of all rounds
};

using Progress = std::function<void(const std::string& line)>;

// Builds a stage with embedding, some layers and the head. Runs batches of every number of rows
// after every context, in a new random order each round, so that drift of the clock rate affects
// all alike. Moves the result through messages of every wire type. Batches are provisional, so that
// one prefill per context serves all of them; it is also the warm-up. Throws UserError when the
// device computes nothing, or memory does not suffice.
DeviceMeasurement MeasureDevice(Device& device, Checkpoint& checkpoint, const MeterOptions& options,
                                const Progress& progress);

}  // namespace jupiter
