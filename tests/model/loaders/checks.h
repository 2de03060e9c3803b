// What the loader tests assert over and over.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernels/base/check.h"
#include "model/checkpoint/checkpoint.h"
#include "tests/model/loaders/test_model.h"

namespace jupiter {

// The action must throw UserError with one line that holds all of the parts (path, problem, ...).
inline void ExpectRefusal(const std::function<void()>& action,
                          const std::vector<std::string>& parts) {
  try {
    action();
  } catch (const UserError& error) {
    const std::string line = error.what();
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    for (const std::string& part : parts) {
      EXPECT_NE(line.find(part), std::string::npos) << "'" << part << "' is not in: " << line;
    }
    return;
  }
  ADD_FAILURE() << "no UserError; expected one with '" << parts.back() << "'";
}

// All rows and columns of a tensor, as bytes.
inline std::string ReadBytes(Checkpoint& checkpoint, const std::string& name) {
  const TensorInfo info = checkpoint.Info(name);
  const HostTensor tensor = checkpoint.Read(name, Shard::Whole(info.rows, info.columns));
  EXPECT_EQ(tensor.view.row_bytes, RowBytes(info.dtype, info.columns));
  const auto size = static_cast<std::size_t>(info.rows * tensor.view.row_bytes);
  return std::string(reinterpret_cast<const char*>(tensor.view.data), size);
}

// The checkpoint holds exactly the tensors of the model, byte for byte.
inline void ExpectHolds(Checkpoint& checkpoint, const TestModel& model) {
  ASSERT_EQ(checkpoint.tensors().size(), model.tensors.size());
  for (const TestTensor& tensor : model.tensors) {
    const TensorInfo& info = checkpoint.Info(tensor.info.name);
    EXPECT_EQ(info.dtype, tensor.info.dtype) << info.name;
    EXPECT_EQ(info.rows, tensor.info.rows) << info.name;
    EXPECT_EQ(info.columns, tensor.info.columns) << info.name;
    EXPECT_EQ(ReadBytes(checkpoint, info.name), tensor.bytes) << info.name;
  }
}

inline void ExpectSameWidths(const ModelConfig& actual, const ModelConfig& expected) {
  EXPECT_EQ(actual.architecture, expected.architecture);
  EXPECT_EQ(actual.layers, expected.layers);
  EXPECT_EQ(actual.hidden, expected.hidden);
  EXPECT_EQ(actual.heads, expected.heads);
  EXPECT_EQ(actual.kv_heads, expected.kv_heads);
  EXPECT_EQ(actual.head_dim, expected.head_dim);
  EXPECT_EQ(actual.ffn, expected.ffn);
  EXPECT_EQ(actual.vocab, expected.vocab);
  EXPECT_EQ(actual.context, expected.context);
  EXPECT_EQ(actual.rope_base, expected.rope_base);
  EXPECT_EQ(actual.norm_epsilon, expected.norm_epsilon);
  EXPECT_EQ(actual.tied_head, expected.tied_head);
  EXPECT_EQ(actual.qkv_bias, expected.qkv_bias);
}

}  // namespace jupiter
