// Runs on the recording device: what they record is what the formulas of planning/ say, op for op
// and byte for byte, the same every time; and what a plan predicts is what its replay takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "parallel/session/session_plan.h"
#include "planning/cost/expected_bytes.h"
#include "planning/cost/model_ops.h"
#include "planning/cost/request_traffic.h"
#include "planning/plan/slices.h"
#include "tests/parallel/emulation/record_request.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

constexpr int kPrompt = 48;
constexpr int kTokens = 4;

SessionOptions OptionsFor(const std::string& strategy, const std::string& slices) {
  SessionOptions options;
  options.plan.strategy = strategy;
  options.plan.slices = ParseSlices(slices, 4);
  options.prompt_tokens = kPrompt;
  options.max_tokens = kTokens;
  return options;
}

// The record of one request, at rank 0.
RunRecord RecordOn(const std::string& device_name, const std::string& model,
                   const SessionOptions& options) {
  Transport transport(TestContext());
  const auto device = MakeDevice(device_name, {});
  const auto checkpoint = OpenCheckpoint(model);
  return RecordRequest(transport, *device, *checkpoint, options);
}

RunRecord RecordModel(const std::string& model, const SessionOptions& options) {
  return RecordOn("recording", model, options);
}

ModelShape ShapeFor(const std::string& model, const SessionOptions& options) {
  return ShapeOf(*OpenCheckpoint(model), options.quantise, options.plan.kv);
}

// What a rank does by the formulas of planning/, in order.
class ExpectedEvents {
 public:
  ExpectedEvents(const ModelShape& shape, const Plan& plan, int rank)
      : shape_(shape), plan_(plan), ranks_(PipelineRanks(plan)), rank_(rank) {
    stage_ =
        static_cast<std::size_t>(std::find(ranks_.begin(), ranks_.end(), rank) - ranks_.begin());
  }

  void Batch(const RowBlock& block, bool opens, bool head) {
    const std::int64_t head_rows = head ? 1 : 0;
    const MessageBytes bytes =
        HiddenMessage(block.rows, shape_.config.hidden, plan_.wire, opens, head_rows);
    if (stage_ > 0) {
      Message<ReceiveEvent>(ranks_[stage_ - 1], bytes);
      Op(ImportOp(shape_, plan_.wire, block.rows));
    } else {
      Ops(EmbedOps(shape_, block.rows));
      Round(block.rows);
    }
    const int first = FirstLayer(plan_, rank_);
    for (int i = 0; i < plan_.layers[static_cast<std::size_t>(rank_)]; ++i) {
      Ops(LayerOps(shape_, first + i, block));
      Round(block.rows);
    }
    if (stage_ + 1 < ranks_.size()) {
      Op(ExportOp(shape_, plan_.wire, block.rows));
      Message<SendEvent>(ranks_[stage_ + 1], bytes);
    } else if (head) {
      Ops(HeadOps(shape_, 1));
      if (ranks_.size() > 1) Message<SendEvent>(0, TokenMessage());
    }
    if (stage_ == 0 && head && ranks_.size() > 1) {
      Message<ReceiveEvent>(ranks_.back(), TokenMessage());
    }
  }
  const std::vector<Event>& events() const { return events_; }

 private:
  void Op(const OpCall& op) { events_.emplace_back(OpEvent{op, 0}); }
  void Ops(const std::vector<OpCall>& ops) {
    for (const OpCall& op : ops) Op(op);
  }
  void Round(std::int64_t rows) {
    if (plan_.residual != DType::kF32) Op(RoundOp(shape_, plan_.residual, rows));
  }
  template <typename TransferEvent>
  void Message(int peer, const MessageBytes& bytes) {
    TransferEvent event;
    event.peer = peer;
    event.channel = static_cast<int>(Channel::kBatch);
    event.header_bytes = bytes.header;
    event.payload_bytes = bytes.payload;
    events_.emplace_back(event);
  }

  const ModelShape& shape_;
  const Plan& plan_;
  std::vector<int> ranks_;
  int rank_;
  std::size_t stage_;
  std::vector<Event> events_;
};

// Without marks and the message that ends the request.
std::vector<Event> EventsOfBatches(const RankRecord& record, const Plan& plan) {
  std::vector<Event> events;
  for (const Event& event : record.events) {
    if (!std::holds_alternative<MarkEvent>(event)) events.push_back(event);
  }
  const std::vector<int> ranks = PipelineRanks(plan);
  const bool takes_part = std::find(ranks.begin(), ranks.end(), record.rank) != ranks.end();
  const bool ends_others = takes_part && record.rank != ranks.back();
  const bool is_ended = takes_part && record.rank != ranks.front();
  for (int i = 0; i < int{ends_others} + int{is_ended}; ++i) events.pop_back();
  return events;
}

void ExpectRecord(const RunRecord& record, const ModelShape& shape, const Plan& plan,
                  const std::vector<int>& slices) {
  for (int rank : PipelineRanks(plan)) {
    ExpectedEvents expected(shape, plan, rank);
    std::int64_t before = 0;
    for (int slice : slices) {
      expected.Batch({slice, before}, before == 0, before + slice == kPrompt);
      before += slice;
    }
    for (int step = 0; step + 1 < kTokens; ++step) expected.Batch({1, kPrompt + step}, false, true);
    const RankRecord& actual = record.ranks[static_cast<std::size_t>(rank)];
    EXPECT_EQ(ToText(RankRecord{rank, EventsOfBatches(actual, plan)}),
              ToText(RankRecord{rank, expected.events()}));
  }
}

struct EmulationCase {
  std::string model;
  std::string strategy;
  std::string slices;
  DType wire = DType::kF32;
  DType residual = DType::kF32;
  DType kv = DType::kF32;
};

class EmulationTest : public testing::TestWithParam<EmulationCase> {
 protected:
  SessionOptions Options() const {
    SessionOptions options = OptionsFor(GetParam().strategy, GetParam().slices);
    options.plan.wire = GetParam().wire;
    options.plan.residual = GetParam().residual;
    options.plan.kv = GetParam().kv;
    return options;
  }
  Plan PlanOf(const SessionOptions& options) const {
    return CompletePlan(
        options, ShapeOf(*OpenCheckpoint(GetParam().model), options.quantise, options.plan.kv),
        TestContext().size(), {});
  }
};

TEST_P(EmulationTest, RecordsWhatTheFormulasSay) {
  const SessionOptions options = Options();
  const RunRecord record = RecordModel(GetParam().model, options);
  if (TestContext().rank() != 0) return;
  const Plan plan = PlanOf(options);
  const auto stages = static_cast<int>(PipelineRanks(plan).size());
  ExpectRecord(record, ShapeFor(GetParam().model, options), plan,
               CutPrompt(plan.slices, kPrompt, stages));
}

TEST_P(EmulationTest, RecordsTheSameEveryTime) {
  const RunRecord once = RecordModel(GetParam().model, Options());
  const RunRecord again = RecordModel(GetParam().model, Options());
  for (std::size_t rank = 0; rank < once.ranks.size(); ++rank) {
    EXPECT_EQ(ToText(once.ranks[rank]), ToText(again.ranks[rank]));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, EmulationTest,
    testing::Values(EmulationCase{"synthetic:tiny", "jupiter", "3"},
                    EmulationCase{"synthetic:tiny:q4_K", "jupiter", "20,17,11", DType::kF16,
                                  DType::kF16, DType::kF16},
                    EmulationCase{"synthetic:tiny:q8_0", "edgeshard", "whole", DType::kQ8_0},
                    EmulationCase{"synthetic:qwen2-1.5b", "jupiter", "5", DType::kF16},
                    EmulationCase{"synthetic:llama2-13b:q4_0", "edgeshard", "whole"},
                    EmulationCase{"synthetic:tiny:q6_K", "local", "whole"}));

// What a rank sends according to its record.
ExpectedTraffic SentBy(const RankRecord& record) {
  ExpectedTraffic traffic;
  for (const Event& event : record.events) {
    if (const auto* send = std::get_if<SendEvent>(&event)) {
      traffic.Add({send->header_bytes, send->payload_bytes});
    }
  }
  return traffic;
}

void ExpectSameRecords(const RunRecord& a, const RunRecord& b) {
  ASSERT_EQ(a.ranks.size(), b.ranks.size());
  for (std::size_t rank = 0; rank < a.ranks.size(); ++rank) {
    EXPECT_EQ(ToText(a.ranks[rank]), ToText(b.ranks[rank])) << "rank " << rank;
  }
}

class SharedEmulationTest : public testing::TestWithParam<std::string> {
 protected:
  static SessionOptions Options(const std::string& slices) {
    SessionOptions options = OptionsFor(GetParam(), slices);
    options.plan.shares = UnevenShares(TestContext().size());
    return options;
  }
};

// Op for op and message for message.
TEST_P(SharedEmulationTest, RecordsWhatARealRunDoes) {
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q8_0"}) {
    SessionOptions options = Options("17,3,28");
    options.plan.wire = DType::kF16;
    ExpectSameRecords(RecordOn("cpu", model, options), RecordModel(model, options));
  }
}

TEST_P(SharedEmulationTest, RecordsTheSameEveryTime) {
  const SessionOptions options = Options("whole");
  ExpectSameRecords(RecordModel("synthetic:tiny", options), RecordModel("synthetic:tiny", options));
}

TEST_P(SharedEmulationTest, RecordsTheMessagesOfTheFormulas) {
  for (const char* model : {"synthetic:llama2-13b:q4_0", "synthetic:qwen2-1.5b"}) {
    SessionOptions options = OptionsFor(GetParam(), "whole");
    options.plan.wire = DType::kF16;
    const RunRecord record = RecordModel(model, options);
    if (TestContext().rank() != 0) continue;
    const ModelShape shape = ShapeFor(model, options);
    const Plan plan = CompletePlan(options, shape, TestContext().size(), {});
    for (const RankRecord& rank : record.ranks) {
      EXPECT_EQ(SentBy(rank), RequestTraffic(shape.config, plan, {kPrompt}, kTokens, rank.rank))
          << model << " rank " << rank.rank;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SharedEmulationTest,
                         testing::Values("sequence", "megatron", "detransformer", "galaxy"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jupiter
