// Draft heads in host memory, in f32: what is trained. See model/loaders/medusa_layout.h for what
// they are and model/stage/medusa_heads.h for what they compute.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/loaders/medusa_layout.h"

namespace jupiter {

struct HeadWeights {
  struct Block {
    std::vector<float> weight;  // [hidden, hidden]
    std::vector<float> bias;    // [hidden]
  };
  std::vector<Block> blocks;
  std::vector<float> output;  // [vocab, hidden]; empty when the model's is used

  // All vectors, in one order.
  std::vector<std::vector<float>*> Parts();
};

// A head whose blocks do nothing: all zeros. `output` becomes its own matrix, unless empty.
HeadWeights MakeIdentityHead(int blocks, int hidden, const std::vector<float>& output);
// The same shape, all zeros.
HeadWeights ZerosLike(const HeadWeights& head);

// The model's output matrix as floats, [vocab, hidden].
std::vector<float> ReadOutputMatrix(Checkpoint& checkpoint);

// Writes heads of one layout as `dtype` (f32 or f16), for OpenMedusa. Throws UserError.
void WriteHeads(const std::string& path, DType dtype, std::vector<HeadWeights>& heads,
                const ModelConfig& config, const std::map<std::string, std::string>& metadata);

}  // namespace jupiter
