// Measurements of a small model: complete, positive, and with the shapes that planning counts.
#include "bench/profile/device_meter.h"

#include <gtest/gtest.h>

#include "bench/profile/layers_to_measure.h"
#include "bench/profile/profile_report.h"
#include "kernels/base/check.h"
#include "kernels/make_device.h"
#include "model/loaders/open_checkpoint.h"
#include "model/stage/weights.h"
#include "planning/cost/model_ops.h"
#include "planning/testbed/profile_costs.h"
#include "planning/testbed/profile_write.h"

namespace jupiter {
namespace {

OpCall Op(OpKind kind, std::int64_t rows, std::int64_t context, double seconds) {
  OpCall op;
  op.kind = kind;
  op.rows = rows;
  op.inner = op.outer = 64;
  op.context = context;
  op.seconds = seconds;
  return op;
}

TEST(OpSamplesTest, SamplesOfOneShapeRowsAndContextShareAMedian) {
  OpSamples samples;
  samples.OnOp(Op(OpKind::kAdd, 1, 0, 100), 0);
  samples.Drop();
  for (const double seconds : {5.0, 1.0, 2.0}) samples.OnOp(Op(OpKind::kAdd, 4, 0, seconds), 0);
  samples.OnOp(Op(OpKind::kAdd, 0, 0, 7), 0);  // an empty batch tells nothing
  EXPECT_DOUBLE_EQ(samples.PendingSeconds(), 15);
  samples.Keep();
  EXPECT_DOUBLE_EQ(samples.PendingSeconds(), 0);
  samples.OnOp(Op(OpKind::kAttention, 2, 21, 3), 0);
  samples.OnOp(Op(OpKind::kAttention, 2, 41, 0), 0);
  samples.Keep();

  const std::vector<OpCall> medians = samples.Medians();
  ASSERT_EQ(medians.size(), 3u);
  EXPECT_EQ(medians[0].kind, OpKind::kAttention);
  EXPECT_EQ(medians[2].seconds, 2);

  const std::vector<MeasuredOp> tables = ToTables(medians);
  ASSERT_EQ(tables.size(), 2u);
  ASSERT_EQ(tables[0].points.size(), 2u);
  EXPECT_EQ(tables[0].points[0].rows, 2);
  EXPECT_EQ(tables[0].points[0].context, 10.5);  // per row
  EXPECT_EQ(tables[0].points[1].seconds, 1e-9);  // below what the clock sees
}

TEST(DeviceMeterTest, StagesExceedTheCacheWithinLimits) {
  constexpr std::int64_t kMiB = 1 << 20;
  EXPECT_EQ(LayersToMeasure(32, 10 * kMiB, 32 * kMiB), 4);   // 40 > 32
  EXPECT_EQ(LayersToMeasure(32, 10 * kMiB, 40 * kMiB), 5);   // 40 is not beyond 40
  EXPECT_EQ(LayersToMeasure(32, 100 * kMiB, 32 * kMiB), 2);  // at least 2
  EXPECT_EQ(LayersToMeasure(32, 10 * kMiB, 4000 * kMiB), 32);
  EXPECT_EQ(LayersToMeasure(99, 10 * kMiB, 4000 * kMiB), 51);  // 512 MiB
  EXPECT_EQ(LayersToMeasure(1, 10 * kMiB, 32 * kMiB), 1);
  EXPECT_EQ(LayersToMeasure(5, 0, 0), 2);
}

MeterOptions Small() {
  MeterOptions options;
  options.rows = {1, 3, 8};
  options.contexts = {0, 5, 11};  // 11 is more than one batch fills
  options.quantise = DType::kQ8_0;
  options.layers = 2;
  options.rounds = 2;
  return options;
}

DeviceMeasurement MeasureSmall() {
  const std::unique_ptr<Device> device = MakeDevice("cpu", {});
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  return MeasureDevice(*device, *checkpoint, Small(), [](const std::string&) {});
}

// A measured point of exactly these rows, context and shape.
bool IsMeasured(const std::vector<OpCall>& medians, const OpCall& op) {
  for (const OpCall& known : medians) {
    if (known.kind == op.kind && known.weight == op.weight && known.input == op.input &&
        known.inner == op.inner && known.outer == op.outer && known.rows == op.rows &&
        known.context == op.context) {
      return known.seconds > 0;
    }
  }
  return false;
}

TEST(DeviceMeterTest, EveryOpOfTheModelIsMeasuredAtEveryRowsAndContext) {
  const DeviceMeasurement measurement = MeasureSmall();
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  const ModelShape shape = ShapeOf(*checkpoint, DType::kQ8_0, DType::kF32);
  std::vector<OpCall> needed;
  const auto need = [&](const std::vector<OpCall>& ops) {
    needed.insert(needed.end(), ops.begin(), ops.end());
  };
  for (const std::int64_t rows : {1, 3, 8}) {
    need(EmbedOps(shape, rows));
    need(HeadOps(shape, rows));
    need({RoundOp(shape, DType::kF16, rows)});
    for (const std::int64_t before : {0, 5, 11}) need(LayerOps(shape, 0, {rows, before}));
    for (const DType wire : {DType::kF32, DType::kF16, DType::kQ8_0}) {
      need({ExportOp(shape, wire, rows), ImportOp(shape, wire, rows)});
    }
  }
  for (const OpCall& op : needed) {
    EXPECT_TRUE(IsMeasured(measurement.medians, op))
        << Name(op.kind) << " " << Name(op.weight) << " " << Name(op.input) << " " << op.inner
        << " -> " << op.outer << ", " << op.rows << " rows, context " << op.context;
  }
  EXPECT_EQ(measurement.layers, 2);
  EXPECT_EQ(measurement.rounds, 2);
  EXPECT_GT(measurement.overhead.least_rows, 0);
  EXPECT_GT(measurement.overhead.token, 0);
}

TEST(DeviceMeterTest, ProfilesSayWhereTheyAreFromAndLoadAgain) {
  ProfileOrigin origin;
  origin.host = "board";
  origin.date = "2025-01-31";
  origin.device = "cpu, neon, 4 threads";
  origin.model = "tiny";
  origin.total_memory = 8e9;
  origin.available_memory = 9e9;  // a control group may promise more than there is
  const DeviceMeasurement measurement = MeasureSmall();
  const DeviceProfile profile = ToProfile(measurement, origin, "my board");
  const std::string source =
      "measured by jupiter_profile on board, 2025-01-31, cpu, neon, 4 threads";
  EXPECT_EQ(profile.total_memory.source.rfind(source, 0), 0u);
  EXPECT_EQ(profile.roofline.memory_bandwidth.source.rfind(source, 0), 0u);
  EXPECT_EQ(profile.usable_memory.value, 8e9);

  const DeviceProfile loaded = ParseDeviceProfile(ToYaml(profile), "my.yaml");
  EXPECT_EQ(ToYaml(loaded), ToYaml(profile));
  const ProfileCosts costs(loaded);
  for (const OpCall& op : measurement.medians) {
    EXPECT_NEAR(costs.Seconds(op), op.seconds, 1e-9 * op.seconds + 1e-15) << Name(op.kind);
  }
}

TEST(DeviceMeterTest, RefusesADeviceThatComputesNothing) {
  const std::unique_ptr<Device> device = MakeDevice("recording", {});
  const std::unique_ptr<Checkpoint> checkpoint = OpenCheckpoint("synthetic:tiny");
  EXPECT_THROW(MeasureDevice(*device, *checkpoint, Small(), [](const std::string&) {}), UserError);
}

}  // namespace
}  // namespace jupiter
