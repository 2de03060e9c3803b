#include "parallel/session/preflight.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include "kernels/base/check.h"
#include "parallel/transport/agreement.h"
#include "parallel/transport/peer_bytes.h"
#include "planning/text/units.h"

namespace jupiter {
namespace {

// Facts as lines "name<TAB>value".
std::string FactLines(const std::vector<Fact>& facts) {
  std::string text;
  for (const auto& [name, value] : facts) text += fmt::format("{}\t{}\n", name, value);
  return text;
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

constexpr std::string_view kHostMemory = "host";

// Of a memory, in texts of fields: none is empty.
std::string_view NameInText(std::string_view memory) {
  return memory.empty() ? kHostMemory : memory;
}

}  // namespace

void CheckFacts(Transport& transport, const std::vector<Fact>& facts) {
  const std::vector<std::string> all = AllGather(transport, FactLines(facts));
  const std::vector<std::string> expected = SplitLines(all.front());
  for (int rank = 1; rank < transport.size(); ++rank) {
    const std::vector<std::string> actual = SplitLines(all[static_cast<std::size_t>(rank)]);
    for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
      const std::string here = i < actual.size() ? actual[i] : "nothing";
      const std::string there = i < expected.size() ? expected[i] : "nothing";
      if (here == there) continue;
      const auto value = [](const std::string& line) { return line.substr(line.find('\t') + 1); };
      FailUser(
          "{} differs: {} has {}, {} has {}; start all ranks with the same program, model and "
          "flags",
          there.substr(0, there.find('\t')), transport.context().Describe(rank), value(here),
          transport.context().Describe(0), value(there));
    }
  }
}

MemoryBudget FindBudget(Transport& transport, std::int64_t limit, const MemoryPool& memory) {
  const MemoryBudget own{limit > 0 ? limit : memory.available, limit > 0, memory.name};
  const std::vector<std::string> all = AllGather(
      transport, fmt::format("{} {} {}", own.bytes, own.limited ? 1 : 0, NameInText(own.memory)));
  if (own.limited) return own;
  const Context& context = transport.context();
  MemoryBudget least = own;
  for (int rank = 0; rank < transport.size(); ++rank) {
    MemoryBudget other;
    ReadFields(transport, rank, "the memory there is", all[static_cast<std::size_t>(rank)],
               other.bytes, other.limited, other.memory);
    const bool same = context.host(rank) == context.host(transport.rank()) &&
                      other.memory == NameInText(own.memory);
    if (other.limited || !same) continue;
    least.bytes = std::min(least.bytes, other.bytes);
  }
  return least;
}

std::vector<RankMemory> GatherMemory(Transport& transport, const RankMemory& own) {
  const StageMemory& stage = own.stage;
  const std::vector<std::string> all =
      AllGather(transport, fmt::format("{} {} {} {} {} {} {} {} {} {} {}", stage.weights, stage.kv,
                                       stage.activations, stage.loading, stage.streamed_layers,
                                       stage.pass_bytes, own.drafts, own.buffers, own.budget.bytes,
                                       own.budget.limited ? 1 : 0, NameInText(own.budget.memory)));
  std::vector<RankMemory> ranks;
  for (int rank = 0; rank < transport.size(); ++rank) {
    RankMemory memory;
    memory.host = transport.context().host(rank);
    ReadFields(transport, rank, "the memory of a stage", all[static_cast<std::size_t>(rank)],
               memory.stage.weights, memory.stage.kv, memory.stage.activations,
               memory.stage.loading, memory.stage.streamed_layers, memory.stage.pass_bytes,
               memory.drafts, memory.buffers, memory.budget.bytes, memory.budget.limited,
               memory.budget.memory);
    if (memory.budget.memory == kHostMemory) memory.budget.memory.clear();
    ranks.push_back(memory);
  }
  return ranks;
}

std::string ShowMemory(const std::vector<RankMemory>& ranks) {
  std::string text = fmt::format(
      "{:>4} {:<16} {:>10} {:>9} {:>11} {:>8} {:>8} {:>8} {:>10} {:>12}\n", "rank", "host",
      "weights", "KV", "activations", "loading", "drafts", "buffers", "total MiB", "there is MiB");
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const RankMemory& memory = ranks[rank];
    text += fmt::format(
        "{:>4} {:<16} {:>10.1f} {:>9.1f} {:>11.1f} {:>8.1f} {:>8.1f} {:>8.1f} {:>10.1f} "
        "{:>12.1f}{}\n",
        rank, memory.host, Mebibytes(memory.stage.weights), Mebibytes(memory.stage.kv),
        Mebibytes(memory.stage.activations), Mebibytes(memory.stage.loading),
        Mebibytes(memory.drafts), Mebibytes(memory.buffers), Mebibytes(memory.total()),
        Mebibytes(memory.budget.bytes),
        memory.budget.limited ? "" : fmt::format(" ({})", NameInText(memory.budget.memory)));
  }
  return text;
}

std::string MemoryShortage(const std::vector<RankMemory>& ranks) {
  const bool streams = std::any_of(ranks.begin(), ranks.end(), [](const RankMemory& memory) {
    return memory.stage.streamed_layers > 0;
  });
  const std::string_view how = streams ? " even with one layer at a time" : "";
  const std::string_view hint =
      streams ? "quantise (--quantize q4_0), or shorten prompt or answer"
              : "quantise (--quantize q4_0), shorten prompt or answer, split the layers otherwise "
                "(--layers), or read them again for every batch (--strategy local --stream)";
  std::map<std::string, std::int64_t> needed;  // by memory
  std::map<std::string, std::int64_t> available;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const RankMemory& memory = ranks[rank];
    const std::int64_t bytes = memory.budget.bytes;
    if (memory.budget.limited && memory.total() > bytes) {
      return fmt::format("rank {} on {} needs {:.1f} MiB{}, its limit is {:.1f} MiB; {}", rank,
                         memory.host, Mebibytes(memory.total()), how, Mebibytes(bytes), hint);
    }
    if (memory.budget.limited) continue;
    const std::string place = memory.budget.memory.empty()
                                  ? memory.host
                                  : fmt::format("{} of {}", memory.budget.memory, memory.host);
    needed[place] += memory.total();
    const auto [entry, first] = available.emplace(place, bytes);
    if (!first) entry->second = std::min(entry->second, bytes);
  }
  for (const auto& [place, bytes] : needed) {
    if (bytes <= available[place]) continue;
    return fmt::format("the ranks on {} need {:.1f} MiB{}, {:.1f} MiB are available there; {}",
                       place, Mebibytes(bytes), how, Mebibytes(available[place]), hint);
  }
  return {};
}

}  // namespace jupiter
