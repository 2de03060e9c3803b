#include "bench/report/run_report.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "bench/report/draft_statistics.h"
#include "bench/report/reference.h"
#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"

namespace jupiter {
namespace {

// "-" where there is none.
std::string ShowQuotient(std::optional<double> value) {
  return value ? fmt::format("{:.2f}", *value) : "-";
}

}  // namespace

std::string DescribePlan(const Session& session, const ModelConfig& config) {
  const Plan& plan = session.plan();
  std::string text =
      fmt::format("plan: {}, {} layers of {} split {}, slices {}, wire {}, residual {}, KV {}\n",
                  plan.strategy, config.layers, config.name,
                  IsShared(plan) ? ShowSplit(plan) : fmt::format("{}", fmt::join(plan.layers, ",")),
                  ToString(plan.slices), Name(plan.wire), Name(plan.residual), Name(plan.kv));
  if (!session.streaming().empty()) text += fmt::format("stream: {}\n", session.streaming());
  const std::vector<int> idle = session.idle_ranks();
  if (!idle.empty()) {
    text += fmt::format("note: ranks without layers that stay idle: {}\n", fmt::join(idle, ", "));
  }
  return text;
}

std::vector<RankReport> GatherReports(Transport& transport, const RankReport& own) {
  const TrafficCounters& t = own.traffic;
  const std::vector<std::string> texts =
      Gather(transport, fmt::format("{} {} {} {} {} {} {} {} {} {} {}", own.host, own.threads,
                                    own.load_seconds, own.bytes_read, t.messages_sent,
                                    t.messages_received, t.payload_sent, t.payload_received,
                                    t.header_sent, t.header_received, t.wait_seconds));
  std::vector<RankReport> reports;
  for (const std::string& text : texts) {
    const auto rank = static_cast<int>(reports.size());
    RankReport& report = reports.emplace_back();
    TrafficCounters& traffic = report.traffic;
    ReadFields(transport, rank, "the report of a rank", text, report.host, report.threads,
               report.load_seconds, report.bytes_read, traffic.messages_sent,
               traffic.messages_received, traffic.payload_sent, traffic.payload_received,
               traffic.header_sent, traffic.header_received, traffic.wait_seconds);
  }
  return reports;
}

std::string ShowRanks(const std::vector<RankReport>& reports) {
  std::string text = fmt::format("{:>4} {:<16} {:>7} {:>8} {:>12} {:>9} {:>14} {:>12} {:>8}\n",
                                 "rank", "host", "threads", "load s", "bytes read", "msg sent",
                                 "payload sent B", "header sent B", "wait s");
  for (std::size_t rank = 0; rank < reports.size(); ++rank) {
    const RankReport& report = reports[rank];
    text += fmt::format("{:>4} {:<16} {:>7} {:>8.3f} {:>12} {:>9} {:>14} {:>12} {:>8.3f}\n", rank,
                        report.host, report.threads, report.load_seconds, report.bytes_read,
                        report.traffic.messages_sent, report.traffic.payload_sent,
                        report.traffic.header_sent, report.traffic.wait_seconds);
  }
  return text;
}

std::string ShowMetrics(const RequestMetrics& metrics, int prompt_tokens, int tokens,
                        double before) {
  const std::string waited =
      before > 0 ? fmt::format(" ({:.2f} ms before its prompt)", before * 1e3) : "";
  // An answer that ends before its first token has no time to that.
  std::string text = fmt::format("prefill: {} tokens, TTFT -, - t/s\n", prompt_tokens);
  if (tokens > 0) {
    text = fmt::format("prefill: {} tokens, TTFT {:.2f} ms{}, {:.1f} t/s\n", prompt_tokens,
                       (before + metrics.ttft) * 1e3, waited, Rate(prompt_tokens, metrics.ttft));
  }
  text += fmt::format("decode: {} tokens, TPOT {}, ", tokens, ShowMilliseconds(metrics.tpot, 3));
  text += metrics.tpot ? fmt::format("{:.1f} t/s\n", Rate(1, *metrics.tpot)) : "- t/s\n";
  return text;
}

std::string ShowWhole(double asked, std::span<const Generation> parts) {
  std::vector<double> times;
  for (const Generation& part : parts) {
    times.insert(times.end(), part.times.begin(), part.times.end());
  }
  if (times.empty()) return "answer: 0 tokens\n";
  std::sort(times.begin(), times.end());
  const RequestMetrics metrics = Measure(asked, times);
  return fmt::format(
      "answer: {} tokens, from the question on TTFT {:.2f} ms, E2E {:.2f} ms, "
      "{:.1f} t/s\n",
      times.size(), metrics.ttft * 1e3, metrics.e2el * 1e3,
      Rate(static_cast<double>(times.size()), metrics.e2el));
}

std::string ShowHashes(std::span<const Generation> generations) {
  std::vector<std::int32_t> tokens;
  std::vector<std::uint64_t> logits;
  for (const Generation& generation : generations) {
    tokens.insert(tokens.end(), generation.tokens.begin(), generation.tokens.end());
    logits.insert(logits.end(), generation.logits_hashes.begin(), generation.logits_hashes.end());
  }
  return fmt::format("tokens hash {:016x}, logits hash {:016x}\n", HashTokens(tokens),
                     HashAllLogits(logits));
}

std::string ShowDrafts(std::span<const Generation> generations) {
  std::vector<DraftStep> steps;
  int stale_steps = 0;
  for (const Generation& generation : generations) {
    steps.insert(steps.end(), generation.steps.begin(), generation.steps.end());
    stale_steps += generation.stale_steps;
  }
  const DraftStatistics drafts = Summarise(steps);
  std::string text = fmt::format(
      "drafts: {} steps, acceptance length {} ({} new tokens / steps), acceptance rate {}, {} "
      "drafted, {} wasted, {} past the end, {} stale steps",
      drafts.steps, ShowQuotient(drafts.acceptance_length), drafts.tokens,
      ShowQuotient(drafts.acceptance_rate), drafts.draft_tokens, drafts.wasted_tokens,
      drafts.past_end_tokens, stale_steps);
  if (!drafts.per_position.empty()) text += "; reached by depth:";
  for (double part : drafts.per_position) text += fmt::format(" {:.2f}", part);
  return text + "\n";
}

}  // namespace jupiter
