#include "kernels/cuda/device_query.h"

#include <fmt/format.h>

#include "kernels/base/check.h"

namespace jupiter {

std::string CudaUnavailableReason() { return QueryCuda().unavailable_reason; }

const CudaDeviceInfo& ChooseCard(const CudaQuery& query, int index, int local_rank) {
  if (!query.unavailable_reason.empty()) {
    FailUser("device cuda: {}; choose cpu or eigen", query.unavailable_reason);
  }
  std::vector<const CudaDeviceInfo*> served;
  std::string cards;
  for (const CudaDeviceInfo& card : query.devices) {
    if (!card.served) continue;
    served.push_back(&card);
    cards += fmt::format("{}{} ({})", cards.empty() ? "" : ", ", card.index, Describe(card));
  }
  if (index < 0) return *served[static_cast<std::size_t>(local_rank) % served.size()];
  for (const CudaDeviceInfo* card : served) {
    if (card->index == index) return *card;
  }
  FailUser("device cuda: no card {} that this build can use; choose {}", index, cards);
}

std::string Describe(const CudaDeviceInfo& device) {
  return fmt::format("{}, compute capability {}.{}, {:.1f} GiB{}", device.name,
                     device.capability_major, device.capability_minor,
                     static_cast<double>(device.memory_bytes) / (1 << 30),
                     device.integrated ? " shared with the processor" : "");
}

}  // namespace jupiter
