#include "bench/generate/set_run.h"

#include <algorithm>
#include <utility>

#include "bench/generate/set_statistics.h"
#include "bench/report/metrics.h"
#include "kernels/base/check.h"
#include "kernels/base/clock.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

// Per rank, at the source. Collective.
std::vector<double> GatherBusy(Transport& transport, double waited, double seconds) {
  const double busy = seconds > 0 ? std::clamp(1 - waited / seconds, 0.0, 1.0) : 0;
  std::vector<double> all;
  for (const std::string& text : Gather(transport, fmt::format("{}", busy))) {
    const auto rank = static_cast<int>(all.size());
    ReadFields(transport, rank, "how busy a rank was", text, all.emplace_back());
  }
  return all;
}

std::string ShowKv(const KvUse& kv) {
  std::string text = fmt::format("KV: {} positions held at most", kv.total());
  if (kv.shared == 0) return text + "\n";
  return text + fmt::format(": shared prefix {}, tails {}; with a copy of the prefix for each {}\n",
                            kv.shared, kv.tails, kv.copied);
}

}  // namespace

SetResult RunSet(const JobRun& run, const RequestSet& set, RequestObserver observer) {
  KvMeter kv;
  observer.on_batch = [&](const Batch& batch) { kv.Take(batch); };
  const double waited = run.transport.counters().wait_seconds;
  const double start = Now();
  SetResult result;
  result.start = start;
  result.generations = run.session.Run(set, run.options, observer, run.recorder);
  result.busy =
      GatherBusy(run.transport, run.transport.counters().wait_seconds - waited, Now() - start);
  result.kv = kv.peak();
  return result;
}

std::string ShowSet(const SetResult& result, int stages) {
  const SetStatistics set = SummariseSet(result.generations);
  std::string text =
      fmt::format("at once: {} requests at most, {:.1f} on average, on {} stage{}; {} rounds",
                  set.most_at_once, set.mean_at_once, stages, stages == 1 ? "" : "s", set.rounds);
  if (!set.round_times.empty()) {
    text += fmt::format(", mean {:.2f} ms, p90 {:.2f} ms", Mean(set.round_times) * 1e3,
                        Quantile(set.round_times, 0.9) * 1e3);
  }
  text += "\nbusy, not waiting for messages:";
  for (double busy : result.busy) text += fmt::format(" {:.0f} %", busy * 100);
  return text + "\n" + ShowKv(result.kv);
}

}  // namespace jupiter
