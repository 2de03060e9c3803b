#include "parallel/transport/link_model.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "kernels/base/check.h"
#include "planning/text/split_at_commas.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

constexpr double kMostHeldBandwidth = 1e15;  // bit/s
constexpr double kMostHeldSeconds = 3600;
constexpr double kMostHeldBytes = 1 << 30;

// tc's "100mbit" as planning/text/units.h has it.
std::string FullRate(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {
      {"kbit", "kbit/s"}, {"mbit", "Mbit/s"}, {"gbit", "Gbit/s"}};
  for (const auto& [name, full] : kShort) {
    if (text.size() <= name.size() || text.substr(text.size() - name.size()) != name) continue;
    return fmt::format("{}{}", text.substr(0, text.size() - name.size()), full);
  }
  return std::string(text);
}

struct FieldRange {
  double least;
  double most;
};

// `name` says which part of --link `field` is.
double ParseField(std::string_view text, std::string_view name, std::string_view field,
                  Dimension dimension, FieldRange range) {
  const auto place = [&] { return fmt::format("--link {}: {} '{}'", text, name, field); };
  double value = 0;
  try {
    value = ParseQuantity(field, dimension);
  } catch (const UserError& error) {
    FailUser("{}: {}; an example: 100mbit,1ms,host=0.2ms", place(), error.what());
  }
  if (!(value >= range.least && value <= range.most)) {
    FailUser("{}: expected {} to {}", place(), FormatQuantity(range.least, dimension),
             FormatQuantity(range.most, dimension));
  }
  return value;
}

// Sets what `name` calls to the value of `field`.
void SetField(LinkModel& model, std::string_view text, std::string_view name,
              std::string_view field) {
  const auto time = [&] {
    return ParseField(text, name, field, Dimension::kTime, {0, kMostHeldSeconds});
  };
  const auto size = [&](double least) {
    return ParseField(text, name, field, Dimension::kMemory, {least, kMostHeldBytes});
  };
  if (name == "latency") {
    model.link.latency = time();
  } else if (name == "host") {
    model.link.host_seconds = time();
  } else if (name == "handshake") {
    model.handshake_seconds = time();
  } else if (name == "rendezvous") {
    model.rendezvous_bytes = static_cast<std::int64_t>(size(1));
  } else if (name == "burst") {
    model.burst_bytes = size(0);
  } else {
    FailUser(
        "--link {}: '{}' is unknown; expected a bandwidth, then a latency, host=TIME, "
        "rendezvous=SIZE, handshake=TIME or burst=SIZE, such as 100mbit,1ms,host=0.2ms",
        text, name);
  }
}

bool IsKnown(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

LinkModel ParseLinkModel(std::string_view text) {
  const std::vector<std::string_view> fields = SplitAtCommas(text);
  LinkModel model;
  model.link.bandwidth = ParseField(text, "bandwidth", FullRate(fields.front()),
                                    Dimension::kBitRate, {1, kMostHeldBandwidth});
  std::vector<std::string_view> given;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const std::size_t equals = fields[i].find('=');
    const bool named = equals != std::string_view::npos;
    const std::string_view name = named ? fields[i].substr(0, equals) : "latency";
    if (IsKnown(given, name)) FailUser("--link {}: {} is given twice", text, name);
    given.push_back(name);
    SetField(model, text, name, named ? fields[i].substr(equals + 1) : fields[i]);
  }
  if (!IsKnown(given, "handshake")) model.handshake_seconds = 2 * model.link.latency;
  if (IsKnown(given, "handshake") && model.rendezvous_bytes == 0) {
    FailUser("--link {}: handshake needs rendezvous=SIZE, the size above which there is one", text);
  }
  return model;
}

void CheckOneHost(const std::vector<std::string>& hosts, int local_size) {
  const auto other = std::find_if(hosts.begin(), hosts.end(),
                                  [&](const std::string& host) { return host != hosts.front(); });
  if (other != hosts.end()) {
    FailUser(
        "--link compares the clocks of all ranks, so it works on one host only, but rank 0 is "
        "on {} and rank {} on {}; leave it out, their network is real",
        hosts.front(), other - hosts.begin(), *other);
  }
  if (local_size != std::ssize(hosts)) {
    FailUser(
        "--link compares the clocks of all ranks, so it works on one host only, but only {} "
        "of {} ranks share memory with this one; leave it out",
        local_size, hosts.size());
  }
}

LinkStamp LinkEgress::Leave(double now, double bytes) {
  const Link& link = model_.link;
  double ready = now + link.HostSeconds(bytes);
  if (model_.AsksFirst(bytes)) ready += model_.handshake_seconds;
  const double begin = std::max(ready, free_);
  const double since = std::max(ready - model_.BurstSeconds(), free_);
  const double wire_seconds = link.WireSeconds(bytes);
  free_ = since + wire_seconds;
  return {begin + link.latency, std::max(0.0, wire_seconds - (begin - since)), wire_seconds};
}

void LinkIngress::Announce(int lane, const LinkStamp& stamp) {
  const auto later = [](const Waiting& a, const Waiting& b) {
    return std::tuple(a.stamp.head, a.lane) > std::tuple(b.stamp.head, b.lane);
  };
  const Waiting waiting{lane, stamp};
  waiting_.insert(std::lower_bound(waiting_.begin(), waiting_.end(), waiting, later), waiting);
}

void LinkIngress::Serve(double now) {
  while (!waiting_.empty() && waiting_.back().stamp.head <= now) {
    const Waiting& first = waiting_.back();
    free_ = std::max(free_, first.stamp.head - burst_seconds_) + first.stamp.wire_seconds;
    arrived_[first.lane].push_back(std::max(free_, first.stamp.head + first.stamp.seconds));
    waiting_.pop_back();
  }
}

std::optional<double> LinkIngress::Arrival(int lane) const {
  const auto arrived = arrived_.find(lane);
  if (arrived == arrived_.end() || arrived->second.empty()) return std::nullopt;
  return arrived->second.front();
}

void LinkIngress::Take(int lane) {
  const auto arrived = arrived_.find(lane);
  JUPITER_CHECK(arrived != arrived_.end() && !arrived->second.empty(), "lane {}", lane);
  arrived->second.pop_front();
}

}  // namespace jupiter
