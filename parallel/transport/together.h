// Work that may fail with a user error on some ranks only, and must end alike on all.
#pragma once

#include <string>
#include <utility>

#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"

namespace jupiter {

// Runs `work` on this rank, then agrees: if it threw UserError anywhere, all ranks throw the same
// one. Every rank calls this at the same point.
template <typename Work>
void Together(Transport& transport, Work&& work) {
  std::string error;
  try {
    std::forward<Work>(work)();
  } catch (const UserError& failure) {
    error = failure.what();
  }
  AgreeOrThrow(transport, error);
}

// Runs `work` at rank 0 only; if it throws UserError there, all ranks throw the same one.
template <typename Work>
void OnFirstRank(Transport& transport, Work&& work) {
  std::string error;
  if (transport.rank() == 0) {
    try {
      std::forward<Work>(work)();
    } catch (const UserError& failure) {
      error = failure.what();
    }
  }
  error = Broadcast(transport, error, 0);
  if (!error.empty()) throw UserError(error);
}

}  // namespace jupiter
