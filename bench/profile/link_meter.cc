#include "bench/profile/link_meter.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "planning/testbed/profile_format.h"

namespace jupiter {
namespace {

// Payloads. Hidden rows of a token are 8 to 20 KB, those of a slice up to some MB.
constexpr std::size_t kSizes[] = {0,        1 << 10,   4 << 10, 16 << 10,
                                  64 << 10, 256 << 10, 1 << 20, 4 << 20};
constexpr int kLeastRounds = 5;
constexpr int kMostExchanges = 200;
constexpr int kWarmUpExchanges = 20;

enum class Call : unsigned char { kPing = 1, kEnd = 2 };

// What was measured for one size.
struct Size {
  std::size_t payload = 0;
  double bytes = 0;  // of the whole message
  std::vector<double> round_trips;
  std::vector<double> sends;
};

class Pinger {
 public:
  Pinger(Transport& transport, int to, const LinkMeterOptions& options)
      : transport_(transport), to_(to), options_(options) {}

  std::vector<LinkSample> Run() {
    Size empty;
    for (int i = 0; i < kWarmUpExchanges; ++i) Exchange(empty);
    std::vector<Size> sizes = FindSizes();
    const double start = Now();
    for (int round = 0; round < kMostExchanges; ++round) {
      if (round >= kLeastRounds && Now() - start > options_.seconds) break;
      for (Size& size : sizes) Exchange(size);
    }
    Post(Call::kEnd, 0);
    return Summarise(sizes);
  }

 private:
  // The sizes that do not take too long: on a slow link the largest would take seconds each.
  std::vector<Size> FindSizes() {
    std::vector<Size> sizes;
    for (const std::size_t payload : kSizes) {
      Size size;
      size.payload = payload;
      Exchange(size);
      const double took = size.round_trips[0];
      size.round_trips.clear();
      size.sends.clear();
      sizes.push_back(size);
      if (sizes.size() > 2 && took > options_.most_seconds) break;
    }
    return sizes;
  }

  // Returns the seconds of the call that sends.
  double Post(Call call, std::size_t payload) {
    Message message(1, payload);
    message.header()[0] = static_cast<std::byte>(call);
    std::memset(message.payload().data(), 1, payload);
    const double start = Now();
    transport_.Send(to_, Channel::kCollective, std::move(message));
    return Now() - start;
  }

  void Exchange(Size& size) {
    const TrafficCounters before = transport_.counters();
    const double send = Post(Call::kPing, size.payload);
    const double sent = Now();
    transport_.Receive(to_, Channel::kCollective, "the echo of a measured message");
    // Without filling the message, which is no part of sending it.
    size.round_trips.push_back(Now() - sent + send);
    size.sends.push_back(send);
    const TrafficCounters after = transport_.counters();
    size.bytes = static_cast<double>(after.header_sent - before.header_sent + after.payload_sent -
                                     before.payload_sent);
  }

  static std::vector<LinkSample> Summarise(const std::vector<Size>& sizes) {
    std::vector<LinkSample> samples;
    // The echo takes as long as the shortest message, which need not be the empty one: a wait can
    // just reach the policy's sleeps for some size, and another process can be in the way.
    double shortest = std::numeric_limits<double>::infinity();
    for (const Size& size : sizes) shortest = std::min(shortest, Quantile(size.round_trips, 0.5));
    for (const Size& size : sizes) {
      samples.push_back(
          {size.bytes,
           std::max(kMeasuredSecondsRange.least, Quantile(size.round_trips, 0.5) - shortest / 2),
           std::max(kMeasuredSecondsRange.least, Quantile(size.sends, 0.5))});
    }
    return samples;
  }

  Transport& transport_;
  int to_;
  const LinkMeterOptions& options_;
};

// The other end.
void Echo(Transport& transport, int from) {
  while (true) {
    constexpr const char* kWhat = "a message to be measured";
    const Message message = transport.Receive(from, Channel::kCollective, kWhat);
    if (message.header().size() != 1) transport.FailPeer(from, kWhat, "it has no call");
    if (message.header()[0] == static_cast<std::byte>(Call::kEnd)) return;
    transport.Send(from, Channel::kCollective, Message(1, 0));
  }
}

std::string SamplesToText(const std::vector<LinkSample>& samples) {
  std::string text;
  for (const LinkSample& sample : samples) {
    text += fmt::format("{} {} {}\n", sample.bytes, sample.one_way, sample.send);
  }
  return text;
}

std::vector<LinkSample> SamplesFromText(const Transport& transport, int peer,
                                        const std::string& text) {
  std::istringstream lines(text);
  std::vector<LinkSample> samples;
  for (std::string line; std::getline(lines, line);) {
    LinkSample& sample = samples.emplace_back();
    ReadFields(transport, peer, "what a link took", line, sample.bytes, sample.one_way,
               sample.send);
  }
  return samples;
}

}  // namespace

LinkTimes MeasureLinks(Transport& transport, const LinkMeterOptions& options) {
  const auto ranks = static_cast<std::size_t>(transport.size());
  LinkTimes links(ranks, std::vector<std::vector<LinkSample>>(ranks));
  for (int from = 0; from < transport.size(); ++from) {
    for (int to = 0; to < transport.size(); ++to) {
      if (from == to) continue;
      std::string text;
      if (transport.rank() == from) text = SamplesToText(Pinger(transport, to, options).Run());
      if (transport.rank() == to) Echo(transport, from);
      // Also keeps the others from starting with the next pair.
      const std::vector<std::string> texts = AllGather(transport, text);
      links[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] =
          SamplesFromText(transport, from, texts[static_cast<std::size_t>(from)]);
    }
  }
  if (transport.rank() != 0) return {};
  return links;
}

}  // namespace jupiter
