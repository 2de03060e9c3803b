// The plan of a stage's memory is what the stage takes.
#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/make_device.h"
#include "kernels/memory.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/medusa_heads.h"
#include "tests/model/stage/test_stage.h"

namespace jupiter {
namespace {

// The cpu device, counting what is asked of it.
class CountingDevice : public cpu::CpuDevice {
 public:
  CountingDevice() : CpuDevice({}) {}
  std::int64_t tensor_bytes = 0;
  std::int64_t weight_bytes = 0;

 private:
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override {
    tensor_bytes += bytes;
    return cpu::AllocateZeroed(bytes);
  }
  std::unique_ptr<Weight> DoLoad(std::string_view name, const ConstTensorView& host,
                                 std::int64_t column_begin, std::int64_t column_end) override {
    std::unique_ptr<Weight> weight = packer_->Load(name, host, column_begin, column_end);
    weight_bytes += weight->bytes();
    return weight;
  }

  std::unique_ptr<Device> packer_ = MakeDevice("cpu", {});
};

struct Part {
  int begin;
  int end;
  bool embedding;
  bool head;
};

void ExpectPlanned(const std::string& model, const Part& part, std::optional<DType> quantise,
                   DType kv) {
  SCOPED_TRACE(fmt::format("{} layers {}-{} embedding {} head {}", model, part.begin, part.end,
                           part.embedding, part.head));
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint(model);
  StageOptions options = WholeModel(checkpoint->config(), 17);
  options.layer_begin = part.begin;
  options.layer_end = part.end;
  options.embedding = part.embedding;
  options.head = part.head;
  options.max_head_rows = 3;
  options.max_positions = 21;
  options.kv_dtype = kv;
  options.quantise = quantise;
  CountingDevice device;
  const StageMemory plan = PlanStageMemory(device, *checkpoint, options);
  EXPECT_EQ(device.tensor_bytes + device.weight_bytes, 0);
  EXPECT_EQ(checkpoint->bytes_read(), 0);
  Stage stage(device, *checkpoint, options);
  EXPECT_EQ(device.tensor_bytes + device.weight_bytes, plan.weights + plan.activations);
  EXPECT_LE(device.weight_bytes, plan.weights);  // which has norms and biases, too
  const std::int64_t loaded = device.tensor_bytes;
  Batch batch;
  batch.open = {{0, options.max_positions, -1}};
  stage.Forward(batch);
  EXPECT_EQ(device.tensor_bytes - loaded, plan.kv);
  EXPECT_EQ(plan.total() - plan.loading, device.tensor_bytes + device.weight_bytes);
}

TEST(StageMemoryTest, PlanIsWhatIsAllocated) {
  for (const Part& part :
       {Part{0, 6, true, true}, Part{0, 2, true, false}, Part{2, 3, false, false},
        Part{3, 6, false, true}, Part{0, 0, true, false}}) {
    ExpectPlanned("synthetic:tiny", part, std::nullopt, DType::kF32);
    ExpectPlanned("synthetic:tiny:q4_K", part, std::nullopt, DType::kF16);
    ExpectPlanned("synthetic:tiny:f16", part, DType::kQ8_0, DType::kF16);
    ExpectPlanned("synthetic:tiny:f16", part, DType::kQ4_0, DType::kF32);
  }
}

TEST(StageMemoryTest, RunningTakesNoMore) {
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny:q8_0");
  CountingDevice device;
  Stage stage(device, *checkpoint, WholeModel(checkpoint->config(), 16));
  Batch batch;
  batch.open = {{0, 16, -1}};
  stage.Forward(batch);
  const std::int64_t before = device.tensor_bytes + device.weight_bytes;
  batch = {};
  batch.items = {Item(0, SomeTokens(checkpoint->config(), 16, 1))};
  stage.Forward(batch);
  stage.ComputeLogits();
  EXPECT_EQ(device.tensor_bytes + device.weight_bytes, before);
}

TEST(StageMemoryTest, PlanOfDraftHeadsIsWhatIsAllocated) {
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny:f16");
  for (const char* name : {"synthetic:3", "synthetic:2:own:f32", "synthetic:2:own:q4_K"}) {
    for (const std::optional<DType> quantise : {std::optional<DType>(), {DType::kQ8_0}}) {
      CountingDevice device;
      const MedusaFile file = OpenMedusa(name, checkpoint->config());
      const std::shared_ptr<const Weight> head = WeightLoader(device, *checkpoint, {}).LoadHead();
      const std::int64_t before = device.tensor_bytes + device.weight_bytes;
      MedusaOptions options;
      options.heads = 2;
      options.max_rows = 3;
      options.quantise = quantise;
      const StageMemory plan = PlanMedusaMemory(device, file, options);
      EXPECT_EQ(file.tensors->bytes_read(), 0);
      MedusaHeads heads(device, file, head, options);
      EXPECT_EQ(device.tensor_bytes + device.weight_bytes - before,
                plan.weights + plan.activations);
      const Tensor rows = device.Allocate(DType::kF32, 3, checkpoint->config().hidden);
      const std::int64_t loaded = device.tensor_bytes;
      heads.ComputeLogits(rows.view());
      EXPECT_EQ(device.tensor_bytes, loaded);
    }
  }
}

}  // namespace
}  // namespace jupiter
