// Keys and values that the sequences of a run hold, from the batches that open and close them.
#pragma once

#include <cstdint>
#include <map>

#include "model/batch/batch.h"

namespace jupiter {

// In positions: rows for which every layer has room.
struct KvUse {
  std::int64_t shared = 0;  // of sequences that others go on from
  std::int64_t tails = 0;   // of all others
  std::int64_t copied = 0;  // the same if each of these had a copy of what it goes on from
  std::int64_t total() const { return shared + tails; }
};

class KvMeter {
 public:
  void Take(const Batch& batch);
  // At the moment when most was held.
  const KvUse& peak() const { return peak_; }

 private:
  struct Sequence {
    std::int64_t capacity = 0;
    std::int64_t behind = 0;    // of the one that it goes on from
    std::int64_t children = 0;  // that go on from it
  };

  KvUse Now() const;

  std::map<std::int32_t, Sequence> open_;
  KvUse peak_;
};

}  // namespace jupiter
