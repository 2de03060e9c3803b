// The cases of kernel_bench: ops at the shapes of models. One file per kind of op.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/kernels/workbench.h"
#include "model/config/config.h"

namespace jupiter {

// An op with its operands.
struct PreparedOp {
  std::function<void(std::int64_t turn)> run;  // runs the op once; turns count from 0
  // Attention: KV rows that all query rows of a call share; 0: see WithSharedContext.
  std::int64_t shared_positions = 0;
};

struct OpCase {
  std::string name;  // such as "linear/q4_0/llama2-7b/ffn_down/rows:16"
  std::function<PreparedOp(Workbench&)> prepare;
};

// A model's published shape.
struct BenchModel {
  std::string name;
  ModelConfig config;
};

using OpCases = std::vector<OpCase>;

void AddLinearCases(const BenchModel& model, OpCases& cases);  // linear, embed
void AddRowCases(const BenchModel& model, OpCases& cases);     // norms, rope, swiglu and the like
void AddAttentionCases(const BenchModel& model, OpCases& cases);  // attention, KV rows
void AddSelectCases(const BenchModel& model, OpCases& cases);     // over the vocabulary
void AddMessageCases(const BenchModel& model, OpCases& cases);    // round, export, import

// All of them for tinyllama-1.1b, llama2-7b and llama3-8b, sorted so that cases that share operands
// come in a row.
OpCases AllOpCases();

// Calls add(rows) for every number of rows that is measured.
void ForEachRows(const std::function<void(std::int64_t rows)>& add);

// "op/model/rows:8", or "op/detail/model/rows:8".
std::string CaseName(std::string_view op, const BenchModel& model, std::int64_t rows);

}  // namespace jupiter
