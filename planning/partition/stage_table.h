// Seconds and bytes of a stage of consecutive layers on one device, as the partition planners count
// them: layers, the embedding on the source, the head where the last layer is. A source with all
// layers has both, and stores what they share (a tied table) once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planning/partition/search.h"
#include "planning/plan/obstacle.h"

namespace jupiter {

// What the partition planners are given of stages. Devices and layers from 0.
struct StageProblem {
  std::vector<std::vector<double>> layer_seconds;  // [device][layer]
  std::vector<double> embed_seconds;               // [device], if it is the source
  std::vector<double> head_seconds;                // [device]
  std::vector<std::vector<double>> send_seconds;   // [from][to]: the output of a stage
  std::vector<std::int64_t> layer_bytes;           // [layer]: weights and KV
  std::int64_t embed_bytes = 0;                    // on the source
  std::int64_t head_bytes = 0;                     // where the last layer is
  std::int64_t shared_bytes = 0;  // of both, stored once where both are; at most either of them
  std::vector<std::int64_t> fixed_bytes;  // [device], if it takes part: buffers, activations
  std::vector<std::int64_t> budget;       // [device]
  std::vector<std::string> names;         // [device], for messages; may be empty
  std::string memory_help = kMemoryHelp;  // against missing memory, for messages
};

class StageTable {
 public:
  // The problem must outlive the table. CHECKs sizes, and that no number is negative or not finite.
  StageTable(const StageProblem& problem, int source);

  int devices() const { return static_cast<int>(problem_.budget.size()); }
  int layers() const { return layers_; }
  int source() const { return source_; }

  // Of layers [begin, end) on a device. [0, 0) is the source's embedding alone. More layers never
  // need less of either.
  double Seconds(int device, int begin, int end) const;
  std::int64_t Bytes(int device, int begin, int end) const;
  bool Fits(int device, int begin, int end) const {
    return Bytes(device, begin, end) <= Budget(device);
  }
  double Send(int from, int to) const { return problem_.send_seconds[Index(from)][Index(to)]; }
  std::int64_t Budget(int device) const { return problem_.budget[Index(device)]; }
  // For messages.
  const std::string& MemoryHelp() const { return problem_.memory_help; }
  std::string Label(int device) const { return DeviceLabel(problem_.names, device); }
  // Of all layers and the head, where nothing is shared.
  std::int64_t SplitBytes() const { return bytes_until_.back() + problem_.head_bytes; }
  // What the budget leaves for layers and the head; negative when not even the rest fits.
  std::int64_t Room(int device) const;

 private:
  const StageProblem& problem_;
  int source_;
  int layers_;
  std::vector<std::vector<double>> seconds_until_;  // [device][layers + 1]: of all layers before
  std::vector<std::int64_t> bytes_until_;           // [layers + 1]
};

}  // namespace jupiter
