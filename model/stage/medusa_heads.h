// Draft heads on a device (Medusa: Cai et al., ICML 2024, arXiv 2401.10774). Each looks at row x,
// after the final norm, of the last accepted position p. Head k, counted from 0, scores the token
// at position p + 2 + k (the model's own head scores p + 1):
//
//   y = x + SiLU(W x + b), once per residual block;  logits = O y
//
// with an output matrix O of its own, or the model's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kernels/device.h"
#include "model/loaders/medusa_file.h"
#include "model/stage/stage.h"

namespace jupiter {

struct MedusaOptions {
  int heads = 0;              // the first so many, all a tree reaches; 0: all of the file
  std::int64_t max_rows = 1;  // of one call
  std::optional<DType> quantise;
};

// Bytes of the heads, known before anything is allocated, without the model's own matrix.
StageMemory PlanMedusaMemory(const Device& device, const MedusaFile& file,
                             const MedusaOptions& options);

class MedusaHeads {
 public:
  // Loads the heads. `model_head`: the model's output matrix on the same device, see Stage::head;
  // may be null when the heads have their own. Throws UserError for weights that cannot be used,
  // and for more heads than the file has.
  MedusaHeads(Device& device, const MedusaFile& file, std::shared_ptr<const Weight> model_head,
              const MedusaOptions& options);

  int count() const { return static_cast<int>(heads_.size()); }
  std::int64_t vocab() const { return logits_.columns(); }
  // Computes the logits of every head for rows x [rows, hidden], see Stage::HeadInput: [count *
  // rows, vocab], the rows of the first head first. Valid until the next call.
  ConstTensorView ComputeLogits(ConstTensorView x);
  // The k likeliest tokens of every head, best first: ids and logits [count * rows * k], those of
  // the first head first. k at most vocab.
  void TopK(ConstTensorView x, int k, std::span<std::int32_t> ids, std::span<float> values);

 private:
  struct Block {
    std::unique_ptr<Weight> weight;  // [hidden, hidden]
    Tensor bias;                     // [1, hidden]
  };
  struct Head {
    std::vector<Block> blocks;
    std::shared_ptr<const Weight> output;  // [vocab, hidden]; of all heads the same when tied
  };

  // Rows that belong to a head, among those of all heads; all rows where the heads share them.
  ConstTensorView Part(ConstTensorView rows, int head, std::int64_t count_each) const;
  // One block of every head. x has the rows of all heads, or those that they share.
  void RunBlock(int index, ConstTensorView x, TensorView out);
  // The result of the last block, of all heads; x itself where there are no blocks.
  ConstTensorView RunBlocks(ConstTensorView x);

  Device& device_;
  int blocks_ = 0;
  bool own_output_ = false;
  std::vector<Head> heads_;
  Tensor ones_;    // [count * max_rows, hidden]: SwiGlu(z, 1) = SiLU(z)
  Tensor hidden_;  // [count * max_rows, hidden]
  Tensor spare_;   // the same, with more blocks than one
  Tensor act_;     // [count * max_rows, hidden] as kAct8, where the width allows
  Tensor logits_;  // [count * max_rows, vocab]
};

}  // namespace jupiter
