// Why a planner has no plan.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jupiter {

enum class Obstacle : std::uint8_t {
  kNone,
  kMemory,     // bytes are missing, no matter how the model is cut
  kCannotCut,  // there are enough bytes in all, but whole layers, heads or columns do not fit
  kNotFound,   // a planner that does not try everything found nothing
};

// "OOM", ...: for tables; empty for kNone.
std::string_view Name(Obstacle obstacle);

// A device as messages name it: "nano-1 (rank 2)", or "device 2" when there are no names.
std::string DeviceLabel(const std::vector<std::string>& names, int device);

// What helps against missing memory whatever the weights are, for the end of a reason. MemoryHelp
// of memory_model.h knows what helps a model.
inline constexpr const char* kMemoryHelp =
    "a shorter prompt or answer, or another device would help";

}  // namespace jupiter
