// How long a message takes: two ranks send messages of rising sizes back and forth.
//
//   mpirun -np 2 link_ping --link 100mbit,1ms
//
// stdout has a row per size: the median of half the round trips, and the rate that this is.
// scripts/check_link compares a link model with a real network by it.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench/flags/engine_flags.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/session/preflight.h"
#include "parallel/transport/link_model.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

struct PingFlags {
  EngineFlags engine;  // --link and --deadline alone
  std::string sizes = "1kB,4kB,16kB,64kB,256kB,1MB,2MB,4MB,8MB";
  int repeats = 5;
  bool json = false;
  std::vector<Fact> for_all_ranks;  // FlagSet::ForAllRanks
};

PingFlags ParsePingFlags(int argc, const char* const* argv) {
  PingFlags flags;
  FlagSet set("link_ping", "Measures messages of rising sizes between two ranks.");
  AddLinkFlag(set, flags.engine.link);
  set.Add("--sizes", flags.sizes, "payloads, such as 1kB,8MB").SameOnAllRanks();
  set.Add("--repeats", flags.repeats, "round trips of each size; 10 times as many up to 64 kB")
      .Between(1, 100'000)
      .SameOnAllRanks();
  AddDeadlineFlag(set, flags.engine.deadline_seconds);
  set.AddSwitch("--json", flags.json, "print JSON").ChangesNoNumber();
  set.Parse(argc, argv);
  flags.for_all_ranks = set.ForAllRanks();
  return flags;
}

std::vector<std::size_t> ParseSizes(const std::string& text) {
  std::vector<std::size_t> sizes;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string field = text.substr(begin, end - begin);
    double bytes = 0;
    try {
      bytes = ParseQuantity(field, Dimension::kMemory);
    } catch (const UserError& error) {
      FailUser("--sizes {}: '{}': {}", text, field, error.what());
    }
    constexpr double kMost = 512e6;
    if (!(bytes >= 0 && bytes <= kMost)) {
      FailUser("--sizes {}: '{}': expected 0 to 512 MB", text, field);
    }
    sizes.push_back(static_cast<std::size_t>(bytes));
    begin = end + 1;
  }
  return sizes;
}

struct PingRow {
  std::size_t bytes = 0;
  std::vector<double> seconds;  // one way
};

// Rank 0 sends and waits for the answer, rank 1 answers.
double RoundTrip(Transport& transport, std::size_t bytes) {
  const int peer = 1 - transport.rank();
  const double start = Now();
  if (transport.rank() == 0) transport.Send(peer, Channel::kBatch, Message(8, bytes));
  transport.Receive(peer, Channel::kBatch, "a ping");
  if (transport.rank() == 1) transport.Send(peer, Channel::kBatch, Message(8, bytes));
  return Now() - start;
}

PingRow MeasurePings(Transport& transport, std::size_t bytes, int repeats) {
  constexpr std::size_t kSmall = 64000;
  constexpr int kWarmUps = 2;
  PingRow row{bytes, {}};
  const int count = bytes <= kSmall ? 10 * repeats : repeats;
  for (int i = 0; i < kWarmUps; ++i) RoundTrip(transport, bytes);
  for (int i = 0; i < count; ++i) row.seconds.push_back(RoundTrip(transport, bytes) / 2);
  transport.Flush();
  return row;
}

double Median(const PingRow& row) { return Quantile(row.seconds, 0.5); }

void PrintTable(const std::vector<PingRow>& rows) {
  fmt::print("{:>10} {:>6} {:>12} {:>12} {:>10}\n", "payload B", "n", "median us", "least us",
             "Mbit/s");
  for (const PingRow& row : rows) {
    const double least = *std::min_element(row.seconds.begin(), row.seconds.end());
    fmt::print("{:>10} {:>6} {:>12.1f} {:>12.1f} {:>10.2f}\n", row.bytes, row.seconds.size(),
               Median(row) * 1e6, least * 1e6, 8e-6 * static_cast<double>(row.bytes) / Median(row));
  }
}

void PrintJson(const std::string& link, const std::vector<PingRow>& rows) {
  nlohmann::ordered_json json = {{"link", link}, {"rows", nlohmann::ordered_json::array()}};
  for (const PingRow& row : rows) {
    json["rows"].push_back(
        {{"bytes", row.bytes}, {"median_seconds", Median(row)}, {"seconds", row.seconds}});
  }
  fmt::print("{}\n", json.dump(1));
}

int ExecutePing(Context& context, int argc, const char* const* argv) {
  const PingFlags flags = ParsePingFlags(argc, argv);
  SetDeadline(context, flags.engine);
  if (context.size() != 2) {
    FailUser("link_ping runs on 2 ranks, not {}: mpirun -np 2 link_ping", context.size());
  }
  const std::vector<std::size_t> sizes = ParseSizes(flags.sizes);
  Transport transport(context);
  SessionOptions unused;
  CheckFacts(transport, flags.for_all_ranks);
  SlowDown(transport, flags.engine, unused);
  std::vector<PingRow> rows;
  for (const std::size_t bytes : sizes)
    rows.push_back(MeasurePings(transport, bytes, flags.repeats));
  if (context.rank() != 0) return 0;
  if (flags.json) {
    PrintJson(flags.engine.link, rows);
  } else {
    PrintTable(rows);
  }
  return 0;
}

}  // namespace
}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  return jupiter::RunProgram(context, [&] { return jupiter::ExecutePing(context, argc, argv); });
}
