// The MPI world of this process: start, end, who is where, and how a failure leaves it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace jupiter {

struct ContextOptions {
  double deadline_seconds = 60;  // of every wait for another rank
};

// One per process. Starts MPI (or joins as a single process without a launcher) and ends it.
//
// A SIGTERM from the launcher, which stops all ranks when one died, prints what this rank was
// waiting for (rank, host, operation, peer, elapsed) before it leaves: the only chance to say so.
class Context {
 public:
  Context(int* argc, char*** argv);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  // Waits for all ranks, then ends MPI. A rank that does not come is reported at the deadline.
  ~Context();

  int rank() const { return rank_; }
  int size() const { return size_; }
  const std::string& host(int rank) const { return hosts_[static_cast<std::size_t>(rank)]; }
  // "rank 2 on nano", for messages.
  std::string Describe(int rank) const;
  int local_rank() const { return local_rank_; }
  // "Open MPI v4.1.4, ...": one line.
  std::string library() const;
  // Ranks on this host.
  int local_size() const { return local_size_; }
  double deadline_seconds() const { return options_.deadline_seconds; }
  void set_deadline_seconds(double seconds) { options_.deadline_seconds = seconds; }

  // Ends every rank now, after printing `line` on stderr. Does not return.
  [[noreturn]] void Abort(const std::string& line, int exit_code) const;

 private:
  friend class Transport;
  friend int RunBody(Context& context, const std::function<int()>& body);

  void GatherHosts();
  // Rank 0 hears from every rank that it has finished, and with what error, then lets them go.
  void WaitForAll() const;
  // Keeps memory that MPI may still read or write until MPI has ended.
  void KeepUntilEnd(std::shared_ptr<void> memory) { kept_.push_back(std::move(memory)); }

  ContextOptions options_;
  int rank_ = 0;
  int size_ = 1;
  int local_rank_ = 0;
  int local_size_ = 1;
  std::vector<std::string> hosts_;  // [size]
  int exit_code_ = 0;
  std::string finish_note_;  // the UserError this rank ends with
  std::vector<std::shared_ptr<void>> kept_;
  mutable std::mutex mpi_mutex_;  // held during every MPI call while a Transport exists
};

// Runs the body of a main and turns the three kinds of error into messages and exit codes:
// UserError: one line from rank 0, exit code 2 (for errors that all ranks meet alike, such as
// flags; errors of single ranks go through parallel/transport/agreement.h first). PeerError and
// everything else: a line from this rank, then all ranks are ended with exit code 3.
int RunBody(Context& context, const std::function<int()>& body);

}  // namespace jupiter
