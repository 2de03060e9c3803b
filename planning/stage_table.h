// Seconds and bytes of a stage of consecutive layers on one device, as the partition planners count
// them: layers, the embedding on the source, the head where the last layer is.
#pragma once

#include <cstdint>
#include <vector>

namespace jupiter {

class StageTable {
 public:
  // LayerPartitionProblem and EdgeShardProblem have the same description of stages. The problem
  // must outlive the table. CHECKs sizes, and that no number is negative or not finite.
  template <typename Problem>
  StageTable(const Problem& problem, int source)
      : StageTable(source, problem.embed_seconds, problem.head_seconds, problem.send_seconds,
                   problem.fixed_bytes, problem.budget, problem.embed_bytes, problem.head_bytes) {
    AddLayers(problem.layer_seconds, problem.layer_bytes);
  }

  int devices() const { return static_cast<int>(budget_.size()); }
  int layers() const { return layers_; }
  int source() const { return source_; }

  // Of layers [begin, end) on a device. [0, 0) is the source's embedding alone.
  double Seconds(int device, int begin, int end) const;
  std::int64_t Bytes(int device, int begin, int end) const;
  bool Fits(int device, int begin, int end) const {
    return Bytes(device, begin, end) <= Budget(device);
  }
  double Send(int from, int to) const { return send_[Index(from)][Index(to)]; }
  std::int64_t Budget(int device) const { return budget_[Index(device)]; }
  // What is left of the budget for layers and the head; negative when not even the rest fits.
  std::int64_t Room(int device) const;

 private:
  using Seconds1 = std::vector<double>;
  using Bytes1 = std::vector<std::int64_t>;

  StageTable(int source, const Seconds1& embed, const Seconds1& head,
             const std::vector<Seconds1>& send, const Bytes1& fixed, const Bytes1& budget,
             std::int64_t embed_bytes, std::int64_t head_bytes);
  void AddLayers(const std::vector<Seconds1>& seconds, const Bytes1& bytes);
  static std::size_t Index(int i) { return static_cast<std::size_t>(i); }

  int source_;
  int layers_ = 0;
  const Seconds1& embed_;              // [device]
  const Seconds1& head_;               // [device]
  const std::vector<Seconds1>& send_;  // [from][to]
  const Bytes1& fixed_;                // [device]
  const Bytes1& budget_;               // [device]
  std::int64_t embed_bytes_;
  std::int64_t head_bytes_;
  std::vector<Seconds1> seconds_until_;  // [device][layers + 1]: of all layers before
  Bytes1 bytes_until_;                   // [layers + 1]
};

}  // namespace jupiter
