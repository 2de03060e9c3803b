// Activation buffers of one rank, allocated once for the largest batch.
#pragma once

#include <cstdint>

#include "kernels/device.h"

namespace jupiter {

// Widths of what one rank computes of a layer.
struct LayerWidths {
  std::int64_t hidden = 0;
  std::int64_t q = 0;    // query heads of the share * head_dim
  std::int64_t kv = 0;   // KV heads of the share * head_dim
  std::int64_t ffn = 0;  // feed-forward columns of the share
};

struct Workspace {
  Workspace(Device& device, const LayerWidths& widths, std::int64_t rows);
  // Bytes such a workspace takes.
  static std::int64_t Bytes(const LayerWidths& widths, std::int64_t rows);

  std::int64_t rows = 0;
  Tensor residual;  // [rows, hidden]
  Tensor normed;    // [rows, hidden]
  Tensor q;         // [rows, q]
  Tensor k, v;      // [rows, kv]
  Tensor attended;  // [rows, q]
  Tensor gate, up;  // [rows, ffn]
  // kAct8 copies; empty where the width is not whole blocks (no quantised weight has it then).
  Tensor normed_act;    // [rows, hidden]
  Tensor attended_act;  // [rows, q]
  Tensor gate_act;      // [rows, ffn]
};

}  // namespace jupiter
