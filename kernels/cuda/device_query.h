// Which CUDA devices this process can use, or why none. Safe to call on any machine and in any
// build: a missing toolkit, driver or card is an answer, not an error. Creates no CUDA context, so
// asking costs no device memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jupiter {

struct CudaDeviceInfo {
  int index = 0;
  std::string name;          // as the driver gives it, "Orin", "NVIDIA H200"
  int capability_major = 0;  // compute capability, 8.7 on Orin
  int capability_minor = 0;
  std::int64_t memory_bytes = 0;
  bool integrated = false;  // shares its memory with the processor, as on a Jetson
  bool served = false;      // this build holds code for its compute capability
};

struct CudaQuery {
  std::vector<CudaDeviceInfo> devices;  // by index, those that are not served included
  int driver_version = 0;               // 1000 * major + 10 * minor; 0 without a driver
  int runtime_version = 0;              // likewise; 0 when the build has no CUDA
  std::string unavailable_reason;       // one clause; empty when a served device is there
};

CudaQuery QueryCuda();

// The reason alone: empty when a device is usable, or else the end of a line for the user such as
// "this machine has no NVIDIA driver".
std::string CudaUnavailableReason();

// The card of this index; for -1 the served ones in turn by the rank's number on its host. Throws
// UserError where there is none, or where the build does not serve it.
const CudaDeviceInfo& ChooseCard(const CudaQuery& query, int index, int local_rank);

// "NVIDIA H200, compute capability 9.0, 139.8 GiB".
std::string Describe(const CudaDeviceInfo& device);

}  // namespace jupiter
