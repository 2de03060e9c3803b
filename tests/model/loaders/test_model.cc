#include "tests/model/loaders/test_model.h"

#include <stdexcept>

#include "kernels/base/rng.h"
#include "model/loaders/gguf_model.h"
#include "model/loaders/hf_model.h"
#include "model/loaders/synthetic_fill.h"

namespace jupiter {
namespace {

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

const TestTensor& TestModel::Tensor(const std::string& name) const {
  for (const TestTensor& tensor : tensors) {
    if (tensor.info.name == name) return tensor;
  }
  throw std::logic_error("the test model has no tensor " + name);
}

ModelConfig SmallConfig() {
  ModelConfig config;
  config.name = "small";
  config.layers = 2;
  config.hidden = 16;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 4;
  config.ffn = 24;
  config.vocab = 32;
  config.context = 64;
  return config;
}

ModelConfig WideConfig() {
  ModelConfig config = SmallConfig();
  config.hidden = 256;
  config.head_dim = 64;
  config.ffn = 512;
  return config;
}

namespace {

TestModel MakeTestTensors(const ModelConfig& config, std::vector<TensorInfo> tensors, DType dtype) {
  TestModel model{config, {}};
  for (TensorInfo& info : tensors) {
    if (info.rows > 1) info.dtype = dtype;
    std::string bytes(static_cast<std::size_t>(info.rows * RowBytes(info.dtype, info.columns)), 0);
    FillSynthetic(CounterRng(HashBytes(info.name)), info, {0, 1}, 0, info.rows,
                  reinterpret_cast<std::byte*>(bytes.data()));
    model.tensors.push_back({std::move(info), std::move(bytes)});
  }
  return model;
}

}  // namespace

TestModel MakeTestModel(const ModelConfig& config, DType dtype) {
  return MakeTestTensors(config, ExpectedTensors(config), dtype);
}

TestModel MakeTestHeads(const MedusaLayout& layout, const ModelConfig& config, DType dtype) {
  return MakeTestTensors(config, MedusaTensors(layout, config), dtype);
}

std::uint32_t GgufTypeNumber(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 0;
    case DType::kF16: return 1;
    case DType::kQ4_0: return 2;
    case DType::kQ8_0: return 8;
    case DType::kQ4_K: return 12;
    case DType::kQ6_K: return 14;
    case DType::kBF16: return 30;
    case DType::kAct8: break;
  }
  throw std::logic_error("no GGUF type");
}

GgufBuilder ToGguf(const TestModel& model) {
  const ModelConfig& config = model.config;
  const auto number = [](int value) { return static_cast<std::uint32_t>(value); };
  const std::string name = config.architecture == Architecture::kQwen2 ? "qwen2" : "llama";
  GgufBuilder gguf;
  gguf.SetString("general.architecture", name);
  gguf.SetString("general.name", config.name);
  gguf.SetU32(name + ".block_count", number(config.layers));
  gguf.SetU32(name + ".embedding_length", number(config.hidden));
  gguf.SetU32(name + ".feed_forward_length", number(config.ffn));
  gguf.SetU32(name + ".attention.head_count", number(config.heads));
  gguf.SetU32(name + ".attention.head_count_kv", number(config.kv_heads));
  gguf.SetU32(name + ".context_length", number(config.context));
  gguf.SetU32(name + ".vocab_size", number(config.vocab));
  gguf.SetF32(name + ".attention.layer_norm_rms_epsilon", config.norm_epsilon);
  gguf.SetF32(name + ".rope.freq_base", config.rope_base);
  for (const TestTensor& tensor : model.tensors) {
    std::vector<std::uint64_t> dimensions = {static_cast<std::uint64_t>(tensor.info.columns)};
    if (tensor.info.rows > 1) dimensions.push_back(static_cast<std::uint64_t>(tensor.info.rows));
    gguf.AddTensor(GgufTensorName(tensor.info.name), GgufTypeNumber(tensor.info.dtype), dimensions,
                   tensor.bytes);
  }
  gguf.Place();
  return gguf;
}

namespace {

template <typename NameOf>
SafetensorsBuilder BuildSafetensors(const TestModel& model, const NameOf& name_of) {
  SafetensorsBuilder file;
  for (const TestTensor& tensor : model.tensors) {
    std::vector<std::int64_t> shape = {tensor.info.columns};
    if (tensor.info.rows > 1) shape.insert(shape.begin(), tensor.info.rows);
    file.Add(name_of(tensor.info.name), Upper(std::string(Name(tensor.info.dtype))), shape,
             tensor.bytes);
  }
  return file;
}

}  // namespace

SafetensorsBuilder ToSafetensors(const TestModel& model) {
  return BuildSafetensors(model, HfTensorName);
}

SafetensorsBuilder ToSafetensors(const TestModel& model, const std::string& prefix) {
  return BuildSafetensors(model, [&](const std::string& name) { return prefix + name; });
}

std::string ToConfigJson(const ModelConfig& config) {
  const auto name = [&config] {
    switch (config.architecture) {
      case Architecture::kLlama: return "LlamaForCausalLM";
      case Architecture::kMistral: return "MistralForCausalLM";
      case Architecture::kQwen2: return "Qwen2ForCausalLM";
    }
    throw std::logic_error("architecture");
  };
  const nlohmann::json json = {{"architectures", {name()}},
                               {"hidden_size", config.hidden},
                               {"intermediate_size", config.ffn},
                               {"num_hidden_layers", config.layers},
                               {"num_attention_heads", config.heads},
                               {"num_key_value_heads", config.kv_heads},
                               {"head_dim", config.head_dim},
                               {"vocab_size", config.vocab},
                               {"max_position_embeddings", config.context},
                               {"rms_norm_eps", config.norm_epsilon},
                               {"rope_theta", config.rope_base},
                               {"sliding_window", nullptr},
                               {"hidden_act", "silu"},
                               {"tie_word_embeddings", config.tied_head}};
  return json.dump(1);
}

std::string ToLlama2c(const TestModel& model) {
  const ModelConfig& config = model.config;
  std::string out;
  for (const int value : {config.hidden, config.ffn, config.layers, config.heads, config.kv_heads,
                          config.tied_head ? config.vocab : -config.vocab, config.context}) {
    out += NumberBytes<std::int32_t>(value);
  }
  const auto add = [&](const std::string& name) { out += model.Tensor(name).bytes; };
  add("embed");
  for (const char* part :
       {"attn_norm", "wq", "wk", "wv", "wo", "mlp_norm", "w_gate", "w_down", "w_up"}) {
    for (int layer = 0; layer < config.layers; ++layer) {
      add("layers." + std::to_string(layer) + "." + part);
    }
  }
  add("final_norm");
  // Two tables of [context, head_dim / 2]; marked so that a reader that takes them is noticed.
  for (int i = 0; i < config.context * config.head_dim; ++i) out += NumberBytes(12345.0f);
  if (!config.tied_head) add("head");
  return out;
}

}  // namespace jupiter
