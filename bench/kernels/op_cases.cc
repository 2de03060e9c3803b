#include "bench/kernels/op_cases.h"

#include <fmt/format.h>

#include "model/loaders/synthetic_shapes.h"

namespace jupiter {
namespace {

constexpr const char* kModels[] = {"tinyllama-1.1b", "llama2-7b", "llama3-8b"};
// Decode, draft trees, slices of a prompt.
constexpr std::int64_t kRows[] = {1, 2, 4, 8, 16, 32, 64, 128, 512};

}  // namespace

void ForEachRows(const std::function<void(std::int64_t rows)>& add) {
  for (const std::int64_t rows : kRows) add(rows);
}

std::string CaseName(std::string_view op, const BenchModel& model, std::int64_t rows) {
  return fmt::format("{}/{}/rows:{}", op, model.name, rows);
}

OpCases AllOpCases() {
  OpCases cases;
  for (const char* name : kModels) {
    const BenchModel model{name, ParseSyntheticName(fmt::format("synthetic:{}", name)).config};
    AddLinearCases(model, cases);
    AddAttentionCases(model, cases);
    AddRowCases(model, cases);
    AddSelectCases(model, cases);
    AddMessageCases(model, cases);
  }
  return cases;
}

}  // namespace jupiter
