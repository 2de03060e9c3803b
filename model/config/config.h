// The shape of a transformer: what every loader produces and every layer reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/device.h"

namespace jupiter {

enum class Architecture : std::uint8_t { kLlama, kMistral, kQwen2 };

// Decoder-only transformer with RMSNorm, rotary positions, grouped-query attention and SwiGLU.
struct ModelConfig {
  std::string name;  // for reports
  Architecture architecture = Architecture::kLlama;
  int layers = 0;
  int hidden = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  int ffn = 0;  // width of gate and up
  int vocab = 0;
  int context = 0;  // longest sequence the model was made for
  float rope_base = 10000.0f;
  std::vector<float> rope_factors;  // empty, or [head_dim / 2]: divisors of the frequencies
  RopeStyle rope_style = RopeStyle::kHalf;
  float norm_epsilon = 1e-5f;
  bool tied_head = false;  // the head is the embedding table
  bool qkv_bias = false;

  int q_width() const { return heads * head_dim; }
  int kv_width() const { return kv_heads * head_dim; }
};

// Throws UserError when a number is absurd or does not fit the others; `source` names the file.
void ValidateConfig(const ModelConfig& config, const std::string& source);

}  // namespace jupiter
