// The ops that only move data, for devices whose memory is that of the host.
#pragma once

#include <memory>

#include "kernels/device.h"

namespace jupiter {

class HostDevice : public Device {
 protected:
  // Plain copy of rows of equal type and shape.
  void DoCopy(ConstTensorView x, TensorView out) override;

 private:
  std::shared_ptr<std::byte> DoAllocate(std::int64_t bytes) override;
  void DoLoadDense(const ConstTensorView& host, TensorView out) override;
  void DoKvMove(const KvSegment& segment, std::span<const std::int32_t> from,
                std::span<const std::int32_t> to) override;
};

}  // namespace jupiter
