// Whose memory has to hold what: ranks of a host share its memory, ranks on a card that of the
// card.
#include <gtest/gtest.h>

#include "parallel/session/preflight.h"

namespace jupiter {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

RankMemory Needs(std::int64_t needed, std::int64_t available, const std::string& memory) {
  RankMemory rank;
  rank.host = "orin";
  rank.stage.weights = needed * kMiB;
  rank.budget = {available * kMiB, false, memory};
  return rank;
}

std::string BeforeHint(const std::vector<RankMemory>& ranks) {
  const std::string line = MemoryShortage(ranks);
  return line.substr(0, line.find(';'));
}

TEST(MemoryTest, RanksOnOneCardShareIt) {
  EXPECT_EQ(MemoryShortage({Needs(5, 10, "GPU-1"), Needs(5, 10, "GPU-1")}), "");
  EXPECT_EQ(BeforeHint({Needs(5, 10, "GPU-1"), Needs(6, 10, "GPU-1")}),
            "the ranks on GPU-1 of orin need 11.0 MiB, 10.0 MiB are available there");
  EXPECT_EQ(MemoryShortage({Needs(5, 10, "GPU-1"), Needs(6, 10, "GPU-2")}), "");
}

TEST(MemoryTest, ACardIsNotItsHost) {
  EXPECT_EQ(MemoryShortage({Needs(8, 10, "GPU-1"), Needs(8, 10, "")}), "");
  EXPECT_EQ(BeforeHint({Needs(8, 10, "GPU-1"), Needs(8, 10, ""), Needs(8, 10, "")}),
            "the ranks on orin need 16.0 MiB, 10.0 MiB are available there");
}

TEST(MemoryTest, TheTableSaysWhichMemory) {
  const std::string table = ShowMemory({Needs(8, 10, "GPU-1"), Needs(8, 10, "")});
  EXPECT_NE(table.find(" 10.0 (GPU-1)\n"), std::string::npos) << table;
  EXPECT_NE(table.find(" 10.0 (host)\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace jupiter
