// What every fuzz target of checkpoints does: open, and read all that was accepted.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "kernels/base/check.h"
#include "model/checkpoint/checkpoint.h"

namespace jupiter {

// Every byte of every tensor, so that the address sanitizer sees a view outside its file.
inline void UseCheckpoint(Checkpoint& checkpoint) {
  unsigned sum = 0;
  std::int64_t bytes = 0;
  for (const TensorInfo& info : checkpoint.tensors()) {
    const HostTensor tensor = checkpoint.Read(info.name, Shard::Whole(info.rows, info.columns));
    bytes += info.rows * tensor.view.row_bytes;
    for (std::int64_t row = 0; row < info.rows; ++row) {
      const auto* begin = tensor.view.Row<unsigned char>(row);
      for (std::int64_t i = 0; i < tensor.view.row_bytes; ++i) sum += begin[i];
    }
  }
  volatile unsigned keep = sum;
  static_cast<void>(keep);
  if (bytes != checkpoint.bytes_read()) __builtin_trap();
}

// Runs the action; a refusal must be one line of text that begins with the file's name.
inline void ExpectGoodOrOneLine(const std::function<void()>& action, std::string_view name) {
  try {
    action();
  } catch (const UserError& error) {
    const std::string_view line = error.what();
    if (line.substr(0, name.size()) != name) __builtin_trap();
    if (line.find('\n') != std::string_view::npos) __builtin_trap();
  }
}

}  // namespace jupiter
