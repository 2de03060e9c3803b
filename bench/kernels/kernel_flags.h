// The command line of kernel_bench.
#pragma once

#include <string>
#include <vector>

namespace jupiter {

struct KernelFlags {
  std::string device = "cpu";
  int gpu = -1;                        // card of --device cuda
  int threads = 0;                     // as typed; 0: all cores
  std::vector<std::string> benchmark;  // flags of Google Benchmark, defaults first

  // Of the device and of the loops that find the limits.
  int ThreadsToUse() const;
};

// Throws as FlagSet::Parse does.
KernelFlags ParseKernelFlags(int argc, const char* const* argv);

}  // namespace jupiter
