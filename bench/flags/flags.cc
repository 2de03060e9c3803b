#include "bench/flags/flags.h"

#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <system_error>
#include <thread>

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

void CheckDeadline(const char* flag, double seconds) {
  constexpr double kMost = 1e6;
  if (!(seconds > 0 && seconds <= kMost)) {
    FailUser("{} is {}, expected a number of seconds above 0, at most {}", flag, seconds, kMost);
  }
}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void AddModelFlags(CLI::App& app, EngineFlags& flags) {
  app.add_option("-m,--model", flags.model,
                 "GGUF file, Hugging Face directory, llama2.c .bin, or synthetic:<shape>[:<type>]");
  app.add_option("--wire", flags.wire, "hidden rows in messages: f32, f16 or q8_0")
      ->capture_default_str();
  app.add_option("--residual", flags.residual,
                 "residual stream: f32, or f16 (rounded at every layer boundary)")
      ->capture_default_str();
  app.add_option("--kv", flags.kv, "keys and values: f32 or f16")->capture_default_str();
  app.add_option("--quantize", flags.quantize, "dense weights at load: q8_0 or q4_0");
}

void AddEngineFlags(CLI::App& app, EngineFlags& flags) {
  AddModelFlags(app, flags);
  app.parse_complete_callback([&app, &flags] {
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() > 0) flags.given.insert(option->get_name());
    }
  });
  app.add_option(
      "--tokenizer", flags.tokenizer,
      "file with the tokenizer, when the model has none (GGUF, tokenizer.json, tok*.bin)");
  app.add_option("--device", flags.device,
                 "cpu, eigen, or recording (computes nothing, for --record)")
      ->capture_default_str();
  app.add_option("-t,--threads", flags.threads, "threads per rank (0: cores / ranks of the host)");
  app.add_option("--layers", flags.layers, "layers per rank, such as 8,8,8,8");
  app.add_option("--split", flags.split,
                 "without --layers: equal (default), or speed (measured at start)");
  app.add_option("--heads", flags.heads,
                 "KV heads per rank, such as 4,2,2 (megatron, detransformer, galaxy)");
  app.add_option("--columns", flags.columns,
                 "feed-forward columns per rank (megatron, detransformer, galaxy)");
  app.add_option("--rows", flags.rows,
                 "weights by which the rows of a prompt are split (sequence, galaxy)");
  app.add_flag("--overlap,!--no-overlap", flags.overlap,
               "galaxy: messages travel while tiles are multiplied (default), or before and after");
  app.add_option("--cluster", flags.cluster,
                 "cluster file, a device per rank: layers and slices by the strategy's planner");
  app.add_option("--plan", flags.plan, "plan of jupiter_plan --save: layers, slices and types");
  app.add_option("--slices", flags.slices,
                 "prompt slices of jupiter: auto, whole, a number, or lengths such as 64,48,16")
      ->capture_default_str();
  app.add_option("--min-slice", flags.min_slice, "tokens in a slice at least, for --slices auto")
      ->capture_default_str();
  app.add_option("--memory-limit", flags.memory_limit_mib, "MiB for each rank (0: what there is)");
  app.add_flag("--stream", flags.stream,
               "local: layers that the memory has no room for are read again for every batch");
  app.add_option("--deadline", flags.deadline_seconds, "seconds to wait for another rank")
      ->capture_default_str();
  app.add_option("--load-deadline", flags.load_deadline_seconds,
                 "seconds to wait for a rank that loads weights")
      ->capture_default_str();
  app.add_option("--link", flags.link,
                 "ranks of one host: hold messages back as a network of this bandwidth and latency "
                 "would, such as 100mbit,1ms (more: host=TIME, rendezvous=SIZE, handshake=TIME, "
                 "burst=SIZE)");
  app.add_option("--slowdown", flags.slowdown,
                 "make every op of a rank take so many times as long, such as 1,2,2,4");
}

void AddSamplingFlags(CLI::App& app, SamplingOptions& sampling) {
  app.add_option("--temperature", sampling.temperature, "0: greedy")->capture_default_str();
  app.add_option("--top-k", sampling.top_k, "sample from the k likeliest tokens (0: all)");
  app.add_option("--top-p", sampling.top_p, "and from the fewest that reach probability p");
  app.add_option("--seed", sampling.seed, "of the sampling")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return text.empty() || text.front() == '-' ? "expected a whole number from 0" : "";
          },
          "UINT"));
}

void ParseFlags(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    throw HelpRequest{app.help()};
  } catch (const CLI::ParseError& error) {
    FailUser("{} (see --help)", OneLine(error.what()));
  }
}

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
  if (!(flags.memory_limit_mib >= 0 && flags.memory_limit_mib <= 1e9)) {
    FailUser("--memory-limit is {}, expected 0 to 1e9 MiB", flags.memory_limit_mib);
  }
  const bool by_hand = flags.layers || !flags.split.empty();
  if (int{!flags.plan.empty()} + int{!flags.cluster.empty()} + int{by_hand} > 1) {
    FailUser("--plan, --cluster, and --layers or --split each decide on the layers; give one");
  }
  SessionOptions options;
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
  options.memory_limit = static_cast<std::int64_t>(flags.memory_limit_mib * (1 << 20));
  options.stream = flags.stream;
  return options;
}

void SlowDown(Transport& transport, const EngineFlags& flags, SessionOptions& options) {
  // A rank without them would wait for messages that the others hold back for ever.
  CheckFacts(transport, {{"--link", flags.link}, {"--slowdown", flags.slowdown}});
  if (flags.device == "recording" && !(flags.link.empty() && flags.slowdown.empty())) {
    FailUser(
        "--link and --slowdown take real time, which --device recording does not measure; "
        "leave them out and describe the testbed in a cluster file");
  }
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
