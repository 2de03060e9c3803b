#include "planning/replay/mailboxes.h"

namespace jupiter {

Mailboxes::Mailboxes(int ranks)
    : ranks_(ranks), boxes_(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks)) {}

Mailboxes::Box& Mailboxes::Find(int source, int destination, int channel) {
  const std::size_t pair = static_cast<std::size_t>(source) * static_cast<std::size_t>(ranks_) +
                           static_cast<std::size_t>(destination);
  return boxes_[pair][channel];
}

const SimulatedMessage* Mailboxes::FindLeft() const {
  for (const auto& channels : boxes_) {
    for (const auto& [channel, box] : channels) {
      if (!box.empty()) return &box.front().message;
    }
  }
  return nullptr;
}

}  // namespace jupiter
