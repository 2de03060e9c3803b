// A small random model in memory, and its encodings in every file format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/loaders/medusa_layout.h"
#include "tests/model/loaders/gguf_builder.h"
#include "tests/model/loaders/safetensors_builder.h"

namespace jupiter {

struct TestTensor {
  TensorInfo info;
  std::string bytes;  // rows back to back
};

struct TestModel {
  ModelConfig config;
  std::vector<TestTensor> tensors;

  // By canonical name; throws when it is absent.
  const TestTensor& Tensor(const std::string& name) const;
};

// hidden 16, ffn 24, 2 layers, 4 heads, 2 KV heads, head width 4, vocabulary 32, context 64.
ModelConfig SmallConfig();
// The same with hidden 256 and ffn 512: block types fit.
ModelConfig WideConfig();

// Seeded weights: matrices of `dtype`, vectors f32.
TestModel MakeTestModel(const ModelConfig& config, DType dtype = DType::kF32);
// Medusa heads for the model, the same way.
TestModel MakeTestHeads(const MedusaLayout& layout, const ModelConfig& config,
                        DType dtype = DType::kF32);

// GGUF of architecture llama or qwen2, to be changed before it is built.
GgufBuilder ToGguf(const TestModel& model);
std::uint32_t GgufTypeNumber(DType dtype);

// One safetensors file with all tensors, under their Hugging Face names; dense types only.
SafetensorsBuilder ToSafetensors(const TestModel& model);
// The same with names as they are, after a prefix.
SafetensorsBuilder ToSafetensors(const TestModel& model, const std::string& prefix);
// config.json of the model.
std::string ToConfigJson(const ModelConfig& config);

// Legacy llama2.c; f32 only, without biases.
std::string ToLlama2c(const TestModel& model);

}  // namespace jupiter
