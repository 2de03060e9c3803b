// Trains draft heads by distillation (Medusa-1: Cai et al., arXiv 2401.10774, section 2.2: the
// model stays as it is) from text of the model itself.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/medusa/examples.h"
#include "model/medusa/head_weights.h"

namespace jupiter {

struct TrainingOptions {
  double epochs = 10;      // passes over the examples
  int minibatch = 128;     // examples per step of Adam
  double rate = 3e-3;      // of learning at the start; falls to 0 as half a cosine
  std::uint64_t seed = 0;  // of the order of the examples
  int threads = 1;
};

// Steps of Adam in all.
std::int64_t TrainingSteps(const Examples& examples, const TrainingOptions& options);

// Called after each step with the steps done and the loss of its minibatch, averaged over heads.
using TrainingProgress = std::function<void(std::int64_t step, double loss)>;

// Changes `heads` (one per target of the examples). `model_output` [vocab, hidden] is for heads
// without a matrix of their own. Heads know nothing of each other, so threads take one each, and
// the result does not depend on how many there are.
void TrainHeads(std::vector<HeadWeights>& heads, const Examples& examples,
                const std::vector<float>& model_output, int vocab, const TrainingOptions& options,
                const TrainingProgress& progress);

}  // namespace jupiter
