#include "bench/flags/flags.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <system_error>
#include <thread>

#include "bench/flags/flag_set.h"
#include "kernels/base/check.h"
#include "parallel/session/slowdown.h"
#include "parallel/transport/link_model.h"

namespace jupiter {
namespace {

DType ParseType(const std::string& flag, const std::string& text,
                std::initializer_list<DType> allowed) {
  std::string known;
  for (DType dtype : allowed) {
    if (Name(dtype) == text) return dtype;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", Name(dtype));
  }
  FailUser("{} {}: expected one of {}", flag, text, known);
}

LayerSplit ParseSplit(const EngineFlags& flags) {
  if (flags.layers) return LayerSplit::kGiven;
  if (flags.split.empty() || flags.split == "equal") return LayerSplit::kEqual;
  if (flags.split == "speed") return LayerSplit::kSpeed;
  FailUser("--split {}: expected equal or speed", flags.split);
}

// In bytes; 0: what there is, which a limit of less than a byte does not mean.
std::int64_t MemoryLimit(double mib) {
  constexpr double kMiB = 1 << 20;
  if (mib == 0 || (mib * kMiB >= 1 && mib <= 1e9)) return static_cast<std::int64_t>(mib * kMiB);
  FailUser("--memory-limit is {}, expected 0 (what there is), or 1e-6 to 1e9 MiB", mib);
}

void CheckDeadline(const char* flag, double seconds) {
  constexpr double kMost = 1e6;
  if (!(seconds > 0 && seconds <= kMost)) {
    FailUser("{} is {}, expected a number of seconds above 0, at most {}", flag, seconds, kMost);
  }
}

}  // namespace

std::vector<int> ParseList(const std::string& flag, const std::string& text) {
  std::vector<int> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    int value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (next != end && *next != ',')) {
      FailUser("{} {}: expected whole numbers separated by commas, such as 8,8,8,8", flag, text);
    }
    values.push_back(value);
    if (next == end) return values;
    at = next + 1;
  }
}

SessionOptions ToSessionOptions(const EngineFlags& flags) {
  if (flags.model.empty()) FailUser("no model given: use --model FILE, or --model synthetic:tiny");
  SessionOptions options;
  options.memory_limit = MemoryLimit(flags.memory_limit_mib);
  const bool by_hand = flags.layers || !flags.split.empty();
  if (int{!flags.plan.empty()} + int{!flags.cluster.empty()} + int{by_hand} > 1) {
    FailUser("--plan, --cluster, and --layers or --split each decide on the layers; give one");
  }
  options.split = ParseSplit(flags);
  if (options.split == LayerSplit::kGiven)
    options.plan.layers = ParseList("--layers", *flags.layers);
  if (!flags.heads.empty()) options.plan.shares.heads = ParseList("--heads", flags.heads);
  if (!flags.columns.empty()) options.plan.shares.columns = ParseList("--columns", flags.columns);
  if (!flags.rows.empty()) options.plan.shares.rows = ParseList("--rows", flags.rows);
  options.plan.overlap = flags.overlap;
  options.plan.slices = ParseSlices(flags.slices, flags.min_slice);
  options.plan.wire = ParseType("--wire", flags.wire, {DType::kF32, DType::kF16, DType::kQ8_0});
  options.plan.residual = ParseType("--residual", flags.residual, {DType::kF32, DType::kF16});
  options.plan.kv = ParseType("--kv", flags.kv, {DType::kF32, DType::kF16});
  if (!flags.quantize.empty()) {
    options.quantise = ParseType("--quantize", flags.quantize, {DType::kQ8_0, DType::kQ4_0});
  }
  CheckDeadline("--load-deadline", flags.load_deadline_seconds);
  options.load_deadline_seconds = flags.load_deadline_seconds;
  options.stream = flags.stream;
  return options;
}

void SlowDown(Transport& transport, const EngineFlags& flags, SessionOptions& options) {
  // A rank without them would wait for messages that the others hold back for ever.
  CheckFacts(transport, {{"--link", flags.link}, {"--slowdown", flags.slowdown}});
  if (!flags.slowdown.empty()) options.slowdown = ParseSlowdown(flags.slowdown, transport.size());
  if (!flags.link.empty()) transport.HoldBack(ParseLinkModel(flags.link));
}

int RunProgram(Context& context, const std::function<int()>& body) {
  AddBuiltInStrategies();
  return RunBody(context, [&] {
    try {
      return body();
    } catch (const HelpRequest& help) {
      if (context.rank() == 0) fmt::print("{}", help.text);
      return 0;
    }
  });
}

void SetDeadline(Context& context, const EngineFlags& flags) {
  CheckDeadline("--deadline", flags.deadline_seconds);
  context.set_deadline_seconds(flags.deadline_seconds);
}

void CheckWritable(const std::string& path) {
  if (path.empty()) return;
  namespace fs = std::filesystem;
  std::error_code ignored;
  // Also of a link whose target is to be made.
  const bool was_there = fs::exists(fs::symlink_status(path, ignored));
  // Appending: what the file has is lost only when there is something to take its place.
  if (!std::ofstream(path, std::ios::app)) {
    FailUser("{}: cannot be written; check that the folder exists", path);
  }
  if (!was_there) fs::remove(path, ignored);
}

int HostCores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int ThreadsPerRank(const EngineFlags& flags, const Context& context) {
  if (flags.threads < 0 || flags.threads > 1024) {
    FailUser("--threads is {}, expected 0 (automatic) to 1024", flags.threads);
  }
  if (flags.threads > 0) return flags.threads;
  return std::max(1, HostCores() / context.local_size());
}

}  // namespace jupiter
