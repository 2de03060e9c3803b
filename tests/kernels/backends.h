// Every device of this build, with every instruction set.
#pragma once

#include "kernels/make_device.h"
#include "tests/kernels/test_inputs.h"

namespace jupiter {

inline std::vector<std::unique_ptr<Device>> AllDevices(int threads = 1) {
  std::vector<std::unique_ptr<Device>> devices;
  devices.push_back(MakeDevice("eigen", {}));
  for (const std::string& isa : IsaNames()) devices.push_back(MakeDevice("cpu", {threads, isa}));
  return devices;
}

}  // namespace jupiter
