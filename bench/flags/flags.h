// Command-line flags that the programs share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernels/device.h"
#include "parallel/session/session.h"
#include "parallel/transport/context.h"

namespace jupiter {

// Model, device and plan, as typed.
struct EngineFlags {
  std::set<std::string> given;  // FlagSet::given
  std::string model;
  std::string tokenizer;
  std::string device = "cpu";
  int gpu = -1;     // card of --device cuda
  int threads = 0;  // 0: the host's cores shared by its ranks
  std::optional<std::string> layers;
  std::string split;  // empty: equal, or planned where there is a cluster
  // Shares of every layer per rank, for strategies that cut layers; empty: even, or by --split.
  std::string heads;
  std::string columns;
  std::string rows;
  bool overlap = true;
  std::string cluster;  // a file: each strategy follows its planner's plan
  std::string plan;     // a file: the strategy it names follows it
  std::string slices = "auto";
  int min_slice = 32;
  std::string wire = "f32";
  std::string residual = "f32";
  std::string kv = "f32";
  std::string quantize;
  double memory_limit_mib = 0;
  bool stream = false;
  double deadline_seconds = 60;
  double load_deadline_seconds = 600;
  std::string link;      // see ParseLinkModel; empty: messages as fast as they are
  std::string slowdown;  // see ParseSlowdown; empty: none
};

// The numbers of a comma-separated list such as "8,8,8,8". Throws UserError naming the flag.
std::vector<int> ParseList(const std::string& flag, const std::string& text);

// Everything but strategy and lengths of the request. Throws UserError.
SessionOptions ToSessionOptions(const EngineFlags& flags);

// Checks --deadline before anything waits by it. Throws UserError.
void SetDeadline(Context& context, const EngineFlags& flags);

// Makes network and devices as slow as --link and --slowdown say: the transport from now on, the
// device in sessions with these options. Every rank calls it at the same point; throws UserError on
// all of them.
void SlowDown(Transport& transport, const EngineFlags& flags, SessionOptions& options);

// Throws UserError unless the file can be written: before a run rather than after it. An empty path
// means that nothing will be. Leaves no file where there was none.
void CheckWritable(const std::string& path);

// RunBody, and --help.
int RunProgram(Context& context, const std::function<int()>& body);

// Threads of this rank: as given, or the cores of the host divided by its ranks.
int ThreadsPerRank(const EngineFlags& flags, const Context& context);
int HostCores();

}  // namespace jupiter
