#include "parallel/transport/context.h"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>

#include "kernels/base/check.h"
#include "parallel/transport/affinity.h"
#include "parallel/transport/last_words.h"
#include "parallel/transport/wait.h"

namespace jupiter {
namespace {

constexpr int kFinishTag = 0;
// What an MPI_Abort may take before this process leaves on its own.
constexpr double kAbortSeconds = 2;
using HostName = std::array<char, MPI_MAX_PROCESSOR_NAME + 1>;

HostName OwnHostName() {
  HostName name{};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  return name;
}

// Ranks often reach their deadlines together. One after the other, they give the launcher time to
// stop the rest, who then stay until all have spoken (see Linger).
double AbortDelay(int rank) { return 0.2 + 0.1 * std::min(rank, 8); }

// The last message of every rank: the error it ended with, if any, cut to fit.
using FinishNote = std::array<char, 512>;

FinishNote MakeNote(const std::string& text) {
  FinishNote note{};
  text.copy(note.data(), note.size() - 1);
  return note;
}

void WaitForRequest(const Context& context, int peer, const FinishNote& own, MPI_Request* request) {
  const std::string finish = own[0] == 0 ? "finish" : fmt::format("finish after: {}", own.data());
  WaitUntil(context, {peer, "to", finish, "end of the run"}, [request] {
    int complete = 0;
    MPI_Test(request, &complete, MPI_STATUS_IGNORE);
    return complete != 0;
  });
}

void SendFinish(const Context& context, int peer, const FinishNote& own) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(own.data(), static_cast<int>(own.size()), MPI_CHAR, peer, kFinishTag, MPI_COMM_WORLD,
            &request);
  WaitForRequest(context, peer, own, &request);
}

FinishNote ReceiveFinish(const Context& context, int peer, const FinishNote& own) {
  FinishNote note{};
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Irecv(note.data(), static_cast<int>(note.size()), MPI_CHAR, peer, kFinishTag, MPI_COMM_WORLD,
            &request);
  WaitForRequest(context, peer, own, &request);
  note.back() = 0;
  return note;
}

}  // namespace

Context::Context(int* argc, char*** argv) {
  LiftDefaultBinding();
  // Ranks may fail to find each other; then nothing but a signal ends MPI's own calls.
  InstallLastWords("a rank that starts MPI");
  const ExitTimer timer(options_.deadline_seconds);
  int provided = 0;
  MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided);
  JUPITER_CHECK(provided >= MPI_THREAD_SERIALIZED,
                "this MPI allows no thread but the main one to call it (level {})", provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  GatherHosts();
  InstallLastWords(Describe(rank_));
}

void Context::GatherHosts() {
  const HostName own = OwnHostName();
  std::vector<HostName> all(static_cast<std::size_t>(size_));
  MPI_Allgather(own.data(), static_cast<int>(own.size()), MPI_CHAR, all.data(),
                static_cast<int>(own.size()), MPI_CHAR, MPI_COMM_WORLD);
  for (HostName& name : all) {
    name.back() = 0;
    hosts_.emplace_back(name.data());
  }
  MPI_Comm local = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &local);
  MPI_Comm_rank(local, &local_rank_);
  MPI_Comm_size(local, &local_size_);
  MPI_Comm_free(&local);
}

Context::~Context() {
  if (std::uncaught_exceptions() > 0) {
    Abort(fmt::format("jupiter: {}: left by an exception", Describe(rank_)), kPeerErrorExitCode);
  }
  try {
    WaitForAll();
  } catch (const PeerError& error) {
    Abort(fmt::format("jupiter: {}", error.what()), kPeerErrorExitCode);
  }
  // The launcher may stop slower ranks as soon as the first one left with an exit code of its own.
  std::fflush(nullptr);
  LeaveQuietly(exit_code_);
  const ExitTimer timer(options_.deadline_seconds);
  MPI_Finalize();
}

void Context::WaitForAll() const {
  const FinishNote own = MakeNote(finish_note_);
  if (rank_ != 0) {
    SendFinish(*this, 0, own);
    ReceiveFinish(*this, 0, own);
    return;
  }
  for (int peer = 1; peer < size_; ++peer) {
    const FinishNote note = ReceiveFinish(*this, peer, own);
    // Otherwise nobody would report an error that not all ranks met alike.
    if (note[0] != 0 && note != own) {
      WriteLine(fmt::format("jupiter: error: {}: {}", Describe(peer), note.data()));
    }
  }
  for (int peer = 1; peer < size_; ++peer) SendFinish(*this, peer, own);
}

std::string Context::library() const {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string line(text);
  return line.substr(0, line.find('\n'));
}

std::string Context::Describe(int rank) const {
  return fmt::format("rank {} on {}", rank, host(rank));
}

void Context::Abort(const std::string& line, int exit_code) const {
  WriteLine(line);
  NoteSpoken(exit_code);
  Linger(AbortDelay(rank_));
  const ExitTimer timer(kAbortSeconds);
  const std::lock_guard lock(mpi_mutex_);
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  _exit(exit_code);
}

int RunBody(Context& context, const std::function<int()>& body) {
  try {
    context.exit_code_ = body();
  } catch (const UserError& error) {
    if (context.rank() == 0) WriteLine(fmt::format("jupiter: error: {}", error.what()));
    context.finish_note_ = error.what();
    context.exit_code_ = 2;
  } catch (const PeerError& error) {
    context.Abort(fmt::format("jupiter: {}", error.what()), kPeerErrorExitCode);
  } catch (const std::exception& error) {
    context.Abort(fmt::format("jupiter: {}: unexpected error: {}", context.Describe(context.rank()),
                              error.what()),
                  kPeerErrorExitCode);
  }
  return context.exit_code_;
}

}  // namespace jupiter
