// Strategies whose ranks share every layer, with shares that differ and shares that cannot be.
#include <gtest/gtest.h>

#include <string>

#include "kernels/base/check.h"
#include "tests/parallel/mpi_main.h"
#include "tests/parallel/strategies/request_runs.h"
#include "tests/parallel/strategies/share_cases.h"

namespace jupiter {
namespace {

class SharedStrategy : public testing::TestWithParam<std::string> {
 protected:
  Settings settings(const std::string& model) const {
    Settings settings;
    settings.model = model;
    settings.session.plan.strategy = GetParam();
    settings.session.plan.shares = UnevenShares(TestContext().size());
    return settings;
  }
};

// Heads, columns and rows that differ, some ranks without any; slices with fewer rows than ranks.
TEST_P(SharedStrategy, UnevenSharesGiveTheBitsOfTheirReference) {
  // The blocks of 256 columns of K types are cut at multiples of 32.
  for (const char* model : {"synthetic:tiny", "synthetic:tiny:q8_0", "synthetic:tiny:q4_K"}) {
    Settings settings = this->settings(model);
    ExpectSame(RunRequest(settings), Reference(settings));
    settings.session.plan.slices = Slices("2,3,6");
    settings.session.plan.wire = DType::kF16;
    ExpectSame(RunRequest(settings), Reference(settings));
    settings.session.plan.slices = Slices("1,10");  // a row that cannot be cut comes first
    settings.session.plan.wire = DType::kQ8_0;
    ExpectSame(RunRequest(settings), Reference(settings));
  }
}

TEST_P(SharedStrategy, OneRankCanHaveAllShares) {
  const auto ranks = static_cast<std::size_t>(TestContext().size());
  Settings settings = this->settings("synthetic:tiny");
  Shares& shares = settings.session.plan.shares;
  shares.heads.assign(ranks, 0);
  shares.columns = shares.rows = shares.heads;
  shares.heads.back() = 4;
  shares.columns.front() = 512;
  shares.rows[ranks / 2] = 1;
  ExpectSame(RunRequest(settings), Reference(settings));
}

TEST_P(SharedStrategy, OverlapChangesNoBit) {
  Settings settings = this->settings("synthetic:tiny:q8_0");
  settings.session.plan.wire = DType::kF16;
  const Generation overlapped = RunRequest(settings);
  settings.session.plan.overlap = false;
  ExpectSame(RunRequest(settings), overlapped);
}

TEST_P(SharedStrategy, SharesThatCannotBeAreRefused) {
  const int ranks = TestContext().size();
  if (ranks == 1) GTEST_SKIP() << "one rank has everything";
  const auto message = [&](const std::string& model, const Shares& shares) -> std::string {
    Settings settings = this->settings(model);
    settings.session.plan.shares = shares;
    try {
      RunRequest(settings);
    } catch (const UserError& error) {
      return error.what();
    }
    return {};
  };
  Shares rows;
  rows.rows.assign(static_cast<std::size_t>(ranks), 0);
  if (GetParam() == "sequence" || GetParam() == "galaxy") {
    EXPECT_NE(message("synthetic:tiny", rows).find(": expected a weight above 0"),
              std::string::npos);
  }
  if (GetParam() == "sequence") return;
  Shares columns = UnevenShares(ranks);
  columns.columns.assign(static_cast<std::size_t>(ranks), 0);
  columns.columns.front() = 16;
  columns.columns.back() = 496;
  EXPECT_NE(message("synthetic:tiny:q4_K", columns)
                .find("; the down projection is quantised in blocks of columns: cut at multiples "
                      "of 32"),
            std::string::npos);
  Shares heads;
  heads.heads.assign(static_cast<std::size_t>(ranks), 4);
  EXPECT_NE(message("synthetic:tiny", heads).find("the model has 4 KV heads"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, SharedStrategy,
                         testing::Values("sequence", "megatron", "detransformer", "galaxy"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace jupiter
