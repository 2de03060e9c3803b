#include "planning/cost/formula_record.h"

#include "kernels/base/check.h"
#include "planning/cost/expected_bytes.h"
#include "planning/cost/model_ops.h"

namespace jupiter {
namespace {

class Writer {
 public:
  Writer(const PlanningTask& task, const Plan& plan)
      : task_(task), plan_(plan), ranks_(PipelineRanks(plan)) {
    record_.ranks.resize(static_cast<std::size_t>(task.cluster.size()));
    for (std::size_t rank = 0; rank < record_.ranks.size(); ++rank) {
      record_.ranks[rank].rank = static_cast<int>(rank);
    }
  }

  RunRecord Write(const std::vector<int>& slices) {
    Mark(MarkKind::kStart, 0);
    std::int64_t before = 0;
    for (int rows : slices) {
      const bool last = before + rows == task_.prompt_tokens;
      Batch({{rows, before}, before == 0, last ? 1 : 0});
      before += rows;
    }
    Answer(MarkKind::kFirstToken, 1);
    for (int token = 2; token <= task_.tokens; ++token, ++before) {
      Batch({{1, before}, false, 1});
      Answer(MarkKind::kToken, token);
    }
    Mark(MarkKind::kEnd, task_.tokens);
    return std::move(record_);
  }

 private:
  std::vector<Event>& EventsOf(int rank) {
    return record_.ranks[static_cast<std::size_t>(rank)].events;
  }

  void Mark(MarkKind kind, std::int64_t index) {
    EventsOf(ranks_.front()).push_back(MarkEvent{kind, index});
  }

  void Ops(int rank, const std::vector<OpCall>& ops) {
    for (const OpCall& op : ops) EventsOf(rank).push_back(OpEvent{op});
  }

  void Message(int from, int to, const MessageBytes& bytes) {
    EventsOf(from).push_back(SendEvent{to, kBatchChannel, bytes.header, bytes.payload});
    EventsOf(to).push_back(ReceiveEvent{from, kBatchChannel, bytes.header, bytes.payload});
  }

  void Round(int rank, std::int64_t rows) {
    if (task_.residual == DType::kF32) return;
    Ops(rank, {RoundOp(task_.shape, task_.residual, rows)});
  }

  // Through all stages.
  void Batch(const PipelineBatch& batch) {
    const std::int64_t rows = batch.block.rows;
    Ops(ranks_.front(), EmbedOps(task_.shape, rows));
    Round(ranks_.front(), rows);
    for (std::size_t stage = 0; stage < ranks_.size(); ++stage) {
      const int rank = ranks_[stage];
      const int first = FirstLayer(plan_, rank);
      for (int i = 0; i < plan_.layers[static_cast<std::size_t>(rank)]; ++i) {
        Ops(rank, LayerOps(task_.shape, first + i, batch.block));
        Round(rank, rows);
      }
      if (stage + 1 == ranks_.size()) break;
      Ops(rank, {ExportOp(task_.shape, plan_.wire, rows)});
      Message(
          rank, ranks_[stage + 1],
          HiddenMessage(rows, task_.shape.config.hidden, plan_.wire, batch.opens, batch.head_rows));
      Ops(ranks_[stage + 1], {ImportOp(task_.shape, plan_.wire, rows)});
    }
    if (batch.head_rows > 0) Ops(ranks_.back(), HeadOps(task_.shape, batch.head_rows));
  }

  void Answer(MarkKind kind, std::int64_t token) {
    if (ranks_.size() > 1) Message(ranks_.back(), ranks_.front(), TokenMessage());
    Mark(kind, token);
  }

  const PlanningTask& task_;
  const Plan& plan_;
  std::vector<int> ranks_;
  RunRecord record_;
};

}  // namespace

RunRecord FormulaRecord(const PlanningTask& task, const Plan& plan,
                        const std::vector<int>& slices) {
  JUPITER_CHECK(!IsShared(plan), "{} is no pipeline", plan.strategy);
  return Writer(task, plan).Write(slices);
}

}  // namespace jupiter
