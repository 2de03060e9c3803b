#include <cuda_runtime_api.h>

#include <string>

#include "kernels/cuda/architectures.h"
#include "kernels/cuda/device_query.h"

namespace jupiter {
namespace {

std::string ReadableVersion(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// Why the runtime counted no device.
std::string CountReason(cudaError_t error, const CudaQuery& query) {
  if (query.driver_version == 0) return "this machine has no NVIDIA driver";
  if (error == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver is too old: it supports CUDA " +
           ReadableVersion(query.driver_version) + ", this build needs " +
           ReadableVersion(query.runtime_version);
  }
  if (error == cudaSuccess || error == cudaErrorNoDevice) {
    return "no CUDA device is visible (CUDA_VISIBLE_DEVICES may hide it)";
  }
  return std::string("CUDA does not start: ") + cudaGetErrorString(error);
}

cudaError_t QueryDevice(int index, CudaDeviceInfo* info) {
  cudaDeviceProp properties;
  const cudaError_t error = cudaGetDeviceProperties(&properties, index);
  if (error != cudaSuccess) return error;
  info->index = index;
  info->name = properties.name;
  info->capability_major = properties.major;
  info->capability_minor = properties.minor;
  info->memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
  info->integrated = properties.integrated != 0;
  info->served = ServesCapability(JUPITER_CUDA_ARCHITECTURES, properties.major, properties.minor);
  return cudaSuccess;
}

std::string ServedReason(const CudaQuery& query) {
  for (const CudaDeviceInfo& device : query.devices) {
    if (device.served) return "";
  }
  const CudaDeviceInfo& first = query.devices.front();
  const std::string major = std::to_string(first.capability_major);
  const std::string minor = std::to_string(first.capability_minor);
  return "device 0 (" + first.name + ") has compute capability " + major + "." + minor +
         ", this build is for " + ReadableArchitectures(JUPITER_CUDA_ARCHITECTURES) +
         " (configure with -DCMAKE_CUDA_ARCHITECTURES=" + major + minor + ")";
}

}  // namespace

CudaQuery QueryCuda() {
  CudaQuery query;
  // Both answer 0 or the version without touching a device; an error leaves the 0.
  (void)cudaDriverGetVersion(&query.driver_version);
  (void)cudaRuntimeGetVersion(&query.runtime_version);
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    (void)cudaGetLastError();  // the runtime would report it again at the next call
    query.unavailable_reason = CountReason(error, query);
    return query;
  }
  for (int index = 0; index < count; ++index) {
    CudaDeviceInfo info;
    error = QueryDevice(index, &info);
    if (error != cudaSuccess) {
      (void)cudaGetLastError();
      query.unavailable_reason =
          "device " + std::to_string(index) + " does not answer: " + cudaGetErrorString(error);
      return query;
    }
    query.devices.push_back(info);
  }
  query.unavailable_reason = ServedReason(query);
  return query;
}

}  // namespace jupiter
