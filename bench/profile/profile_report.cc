#include "bench/profile/profile_report.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "bench/profile/roofline_fit.h"
#include "kernels/base/check.h"
#include "planning/testbed/profile_format.h"

namespace jupiter {
namespace {

constexpr double kMiddleRows = 64;

Quantity Memory(std::int64_t bytes, const std::string& source) {
  return {std::clamp(static_cast<double>(bytes), kMemoryRange.least, kMemoryRange.most), source};
}

bool SameShape(const OpCall& a, const OpCall& b) {
  return a.kind == b.kind && a.weight == b.weight && a.input == b.input && a.inner == b.inner &&
         a.outer == b.outer;
}

// The op of a shape with the number of rows nearest to `rows`, and of those the one with the least
// context. Ops are sorted by shape, rows, context.
const OpCall& NearestByRows(const OpCall* begin, const OpCall* end, double rows) {
  const auto distance = [&](const OpCall& op) {
    return std::abs(std::log(static_cast<double>(op.rows) / rows));
  };
  return *std::min_element(
      begin, end, [&](const OpCall& a, const OpCall& b) { return distance(a) < distance(b); });
}

// Microseconds, and the rows that they are for.
std::string Time(const OpCall& op) { return fmt::format("{:.1f}/{}", op.seconds * 1e6, op.rows); }

double Giga(std::int64_t count, double seconds) {
  return seconds > 0 ? 1e-9 * static_cast<double>(count) / seconds : 0;
}

std::string ShapeLine(const OpCall* begin, const OpCall* end) {
  const OpCall& few = NearestByRows(begin, end, 1);
  const OpCall& middle = NearestByRows(begin, end, kMiddleRows);
  const OpCall& many = NearestByRows(begin, end, 1e9);
  return fmt::format("{:<10} {:<5} {:<5} {:>6} {:>7} {:>14} {:>14} {:>14} {:>8.2f} {:>8.2f}\n",
                     Name(few.kind), Name(few.weight), Name(few.input), few.inner, few.outer,
                     Time(few), Time(middle), Time(many), Giga(few.bytes, few.seconds),
                     Giga(many.operations, many.seconds));
}

std::string ShowLinkTimes(const std::vector<LinkSample>& samples) {
  std::string text;
  for (const LinkSample& sample : samples) {
    text += fmt::format(" {:.1f}/{:.1f}", sample.bytes / 1024, sample.one_way * 1e6);
  }
  return text;
}

std::string ShowRoofline(const RooflineFit& fit) {
  const Roofline& roofline = fit.roofline;
  std::string text =
      fmt::format("roofline: {:.3f} us per op, {:.2f} GB/s", roofline.seconds_per_op.value * 1e6,
                  roofline.memory_bandwidth.value * 1e-9);
  for (const auto& [dtype, rate] : roofline.op_rate) {
    text += fmt::format(", {} {:.1f} Gop/s", Name(dtype), 1e-9 * rate.value);
  }
  return text + fmt::format(", other ops {:.1f} Gop/s; median error of an op {:.0f} %\n",
                            1e-9 * roofline.other_rate.value, 100 * fit.median_error);
}

}  // namespace

std::string SourceOf(const ProfileOrigin& origin) {
  return fmt::format("measured by jupiter_profile on {}, {}, {}", origin.host, origin.date,
                     origin.device);
}

DeviceProfile ToProfile(const DeviceMeasurement& measurement, const ProfileOrigin& origin,
                        const std::string& name) {
  const std::string source = SourceOf(origin);
  DeviceProfile profile;
  profile.name = name;
  profile.description = fmt::format(
      "{}; {}, {} layers ({} MiB of weights) with embedding and head, medians of {} rounds and of "
      "all layers; load average {:.1f} before",
      source, origin.model, measurement.layers, measurement.weight_bytes >> 20, measurement.rounds,
      origin.load);
  profile.total_memory = Memory(origin.total_memory, source + "; memory of the system");
  profile.usable_memory = Memory(
      std::min(origin.available_memory, origin.total_memory),
      source + (origin.ranks > 1 ? fmt::format("; available then, shared by {} ranks", origin.ranks)
                                 : "; available then"));
  profile.roofline = FitRoofline(measurement.medians, source).roofline;
  profile.measured = ToTables(measurement.medians);
  return profile;
}

std::string ShowProfile(const DeviceMeasurement& measurement, const DeviceProfile& profile) {
  std::string text = fmt::format("{}: {}\n", profile.name, profile.description);
  text += fmt::format("{:<10} {:<5} {:<5} {:>6} {:>7} {:>14} {:>14} {:>14} {:>8} {:>8}\n", "op",
                      "weight", "input", "inner", "outer", "us/rows", "us/rows", "us/rows", "GB/s",
                      "Gop/s");
  const OpCall* const end = measurement.medians.data() + measurement.medians.size();
  for (const OpCall* op = measurement.medians.data(); op != end;) {
    const OpCall* const next =
        std::find_if(op, end, [&](const OpCall& other) { return !SameShape(*op, other); });
    text += ShapeLine(op, next);
    op = next;
  }
  text += ShowRoofline(FitRoofline(measurement.medians, ""));
  const HostOverhead& overhead = measurement.overhead;
  return text +
         fmt::format(
             "in no op's time: {:.1f} us of a batch with the fewest rows, {:.1f} us with the "
             "most ({} layers), {:.1f} us per token to sample and hash\n",
             overhead.least_rows * 1e6, overhead.most_rows * 1e6, measurement.layers,
             overhead.token * 1e6);
}

std::string FitLinks(const LinkTimes& times, Cluster& cluster) {
  if (cluster.size() < 2) return "one device, no links\n";
  std::string text = fmt::format("{:<16} {:<16} {:>12} {:>12} {:>10} {:>10}\n", "from", "to",
                                 "Mbit/s", "latency us", "host us", "host ns/B");
  std::string notes = "wire time per message: 0, ping-pong cannot tell it from latency\n";
  for (std::size_t from = 0; from < cluster.devices.size(); ++from) {
    for (std::size_t to = 0; to < cluster.devices.size(); ++to) {
      if (from == to) continue;
      const LinkFit fit = FitLink(times[from][to]);
      const Link& link = cluster.links[from][to] = fit.link;
      const std::string& a = cluster.devices[from].name;
      const std::string& b = cluster.devices[to].name;
      text += fmt::format("{:<16} {:<16} {:>12.1f} {:>12.1f} {:>10.2f} {:>10.3f}\n", a, b,
                          link.bandwidth * 1e-6, link.latency * 1e6, link.host_seconds * 1e6,
                          link.host_seconds_per_byte * 1e9);
      notes += fmt::format("{} to {}: KB/us{}; fitted within {:.0f} %\n", a, b,
                           ShowLinkTimes(times[from][to]), 100 * fit.worst_error);
      for (const std::string& note : fit.notes) notes += fmt::format("{} to {}: {}\n", a, b, note);
    }
  }
  return text + notes;
}

}  // namespace jupiter
