// Rows that leave the device late are those of their moment, whatever happens to them afterwards.
#include <gtest/gtest.h>

#include <vector>

#include "tests/cuda/sim/sim_device.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {
namespace {

constexpr int kSlices = 6;
constexpr int kColumns = 64;
constexpr std::uint64_t kMoments = 10;  // seeds of when streams get on

// Rows in host memory with room between them.
struct HostRows {
  HostRows(DType dtype, std::int64_t rows)
      : stride(RowBytes(dtype, kColumns) + 32),
        bytes(static_cast<std::size_t>(rows * stride)),
        view{bytes.data(), dtype, rows, kColumns, stride} {}
  std::int64_t stride;
  std::vector<std::byte> bytes;
  TensorView view;
};

std::int64_t RowsOf(int slice) { return 1 + (slice * 7) % 5; }

// Slices leave one after the other out of one tensor, which each slice doubles.
std::vector<std::vector<std::byte>> Leave(Device& device, DType dtype, bool later) {
  const Tensor x = LoadAll(device, RandomFloats(1, 5 * kColumns), kColumns);
  std::vector<std::unique_ptr<HostRows>> hosts;
  std::vector<Readiness> answers;
  for (int slice = 0; slice < kSlices; ++slice) {
    const auto& host = hosts.emplace_back(std::make_unique<HostRows>(dtype, RowsOf(slice)));
    const TensorView rows = x.Rows(0, RowsOf(slice));
    if (later) {
      answers.push_back(device.ExportLater(rows, host->view));
    } else {
      device.Export(rows, host->view);
    }
    const Tensor copy = device.Allocate(DType::kF32, 5, kColumns);
    device.Copy(x.view(), copy.view());
    device.Add(copy.view(), x.view());
  }
  for (const Readiness& arrived : answers) {
    while (arrived && !arrived()) {
    }
  }
  std::vector<std::vector<std::byte>> bytes;
  for (const auto& host : hosts) bytes.push_back(host->bytes);
  return bytes;
}

TEST(ExportLaterTest, GivesTheBytesOfExport) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    const auto expected = Leave(*MakeSimDevice(1), dtype, false);
    for (std::uint64_t seed = 1; seed <= kMoments; ++seed) {
      EXPECT_EQ(Leave(*MakeSimDevice(seed), dtype, true), expected) << Name(dtype) << ' ' << seed;
    }
  }
}

TEST(ExportLaterTest, OfWhatNobodyAskedForNothingArrives) {
  const auto device = MakeSimDevice(1);
  const Tensor x = LoadAll(*device, RandomFloats(1, kColumns), kColumns);
  HostRows dropped(DType::kF32, 1), kept(DType::kF32, 1);
  device->ExportLater(x.view(), dropped.view);
  const Readiness arrived = device->ExportLater(x.view(), kept.view);
  while (!arrived()) {
  }
  EXPECT_EQ(dropped.bytes, HostRows(DType::kF32, 1).bytes);
  EXPECT_NE(kept.bytes, dropped.bytes);
  EXPECT_TRUE(arrived());
}

TEST(ExportLaterTest, AnAnswerOutlivesItsDevice) {
  HostRows host(DType::kF32, 1);
  Readiness arrived;
  {
    const auto device = MakeSimDevice(1);
    arrived = device->ExportLater(LoadAll(*device, RandomFloats(1, kColumns), kColumns).view(),
                                  host.view);
  }
  EXPECT_TRUE(arrived());
  EXPECT_NE(host.bytes, HostRows(DType::kF32, 1).bytes);
}

struct Ops : OpObserver {
  void OnOp(const OpCall& call, double) override { exports += call.kind == OpKind::kExport; }
  int exports = 0;
};

TEST(ExportLaterTest, IsAnExportToWhoObserves) {
  const auto device = MakeSimDevice(1);
  Ops ops;
  const Tensor x = LoadAll(*device, RandomFloats(1, kColumns), kColumns);
  HostRows host(DType::kF32, 1);
  device->Observe(&ops);
  EXPECT_FALSE(device->ExportLater(x.view(), host.view));
  EXPECT_EQ(ops.exports, 1);
}

}  // namespace
}  // namespace jupiter
