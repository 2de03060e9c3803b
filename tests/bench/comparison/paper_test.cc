// The paper's experiments as data, and what is said of their rows: cells, agreement with published
// values, predictions, tables, findings. Rows are made by hand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "bench/comparison/agreement.h"
#include "bench/comparison/bound_table.h"
#include "bench/comparison/findings.h"
#include "bench/comparison/memory_table.h"
#include "bench/comparison/policy_tables.h"
#include "bench/comparison/score.h"
#include "bench/comparison/score_report.h"
#include "bench/comparison/tables.h"
#include "bench/paper/policies.h"
#include "bench/paper/predictions.h"
#include "bench/paper/vary.h"
#include "kernels/base/check.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kText = R"(
jupiter_experiment: 1
name: small
workload: {prompt_tokens: 100, generated_tokens: 10, wire: f16, kv: f16}
environments: {A: ../clusters/a.yaml}
bandwidths: [100 Mbit/s, 1 Gbit/s]
models: {M: "synthetic:tiny"}
systems: [local, sequence, megatron, jupiter]
profiles: [fitted, sound]
readings: {plain: fitted, trees: other}
waterfall: {env: A, bandwidth: 100 Mbit/s, model: M, parts: [links, decoding]}
)";

std::string With(const std::string& from, const std::string& to) {
  std::string text = kText;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(PaperExperimentTest, ReadsWhatTheFileSays) {
  const PaperExperiment experiment = ParsePaperExperiment(kText, "paper/p.yaml");
  EXPECT_EQ(experiment.prompt_tokens, 100);
  EXPECT_EQ(experiment.environments.at(0).second, "clusters/a.yaml");
  EXPECT_EQ(experiment.bandwidths, (std::vector<double>{1e8, 1e9}));
  EXPECT_EQ(experiment.waterfall->parts.size(), 2u);
}

TEST(PaperExperimentTest, NamesFileLineAndKeyOfWhatIsWrong) {
  const auto error = [](const std::string& text) {
    return RefusalOf([&] { ParsePaperExperiment(text, "p.yaml"); });
  };
  EXPECT_NE(error(With("prompt_tokens: 100", "prompt_tokens: -1")).find("p.yaml: line 4: workload"),
            std::string::npos);
  EXPECT_NE(error(With("megatron", "megatrom")).find("did you mean megatron"), std::string::npos);
  EXPECT_NE(error(With("wire: f16", "wire: f8")).find("line 4"), std::string::npos);
  EXPECT_NE(error(With("links, decoding", "links, links")).find("given twice"), std::string::npos);
  EXPECT_NE(error(With("env: A, band", "env: C, band")).find("waterfall.env"), std::string::npos);
  EXPECT_NE(error(With("name: small", "nme: small")).find("nme"), std::string::npos);
  EXPECT_NE(error(With("[100 Mbit/s, 1 Gbit/s]", "[]")).find("bandwidths"), std::string::npos);
}

TEST(PaperCellsTest, ListsEveryCellOnce) {
  const PaperExperiment experiment = ParsePaperExperiment(kText, "p.yaml");
  EXPECT_EQ(WaterfallProfiles(experiment),
            (std::vector<std::string>{"fitted", "fitted,links=sound",
                                      "fitted,links=sound,decoding=sound"}));
  const std::vector<PaperCell> cells = ListCells(experiment, {"fitted", "variant", "other"});
  std::set<std::string> names;
  for (const PaperCell& cell : cells) names.insert(CellName(experiment, cell));
  EXPECT_EQ(names.size(), cells.size());
  // 4 systems x 2 profiles x 2 bandwidths, 2 more profiles of jupiter, 2 mixtures of each system.
  EXPECT_EQ(cells.size(), 4u * 2 * 2 + 2 * 2 + 4 * 2);
  EXPECT_EQ(names.count("small/fitted/envA/100mbps/M/megatron"), 1u);
  EXPECT_EQ(names.count("small/variant/envA/1000mbps/M/megatron"), 0u);
  EXPECT_EQ(names.count("small/variant/envA/1000mbps/M/jupiter"), 1u);
}

constexpr const char* kPolicies = R"(
speculation:
  nodes: 3
  heads: 4:own
  head_weights: q4_0
  acceptance: {M: medusa1-vicuna-7b}
  seed: 7
outline: skeleton-of-thought
policies: {jupiter: [both, plain], local: [speculate]}
sensitivity:
  - {profile: fitted, env: A, bandwidth: 1 Gbit/s, model: M, system: jupiter, policy: both,
     vary: {points: [2, 3], nodes: [0], lengths: [equal]}}
)";

TEST(PaperPoliciesTest, NamesSayThePolicyBesideASystemsOwn) {
  PaperExperiment experiment = ParsePaperExperiment(std::string(kText) + kPolicies, "p.yaml");
  EXPECT_EQ(experiment.PoliciesOf("megatron"), (std::vector<std::string>{"plain"}));
  EXPECT_EQ(experiment.speculation->acceptance.at("M").heads(), 4);
  std::set<std::string> names;
  const std::vector<PaperCell> cells = ListCells(experiment, {"fitted"});
  for (const PaperCell& cell : cells) names.insert(CellName(experiment, cell));
  EXPECT_EQ(names.size(), cells.size());
  EXPECT_EQ(names.count("small/fitted/envA/100mbps/M/jupiter"), 1u);
  EXPECT_EQ(names.count("small/fitted/envA/100mbps/M/jupiter/plain"), 1u);
  EXPECT_EQ(names.count("small/fitted/envA/100mbps/M/local"), 1u);
  EXPECT_EQ(names.count("small/fitted/envA/1000mbps/M/jupiter/points=3"), 1u);
  EXPECT_EQ(names.count("small/fitted/envA/1000mbps/M/jupiter/lengths=equal"), 1u);
  // Several policies everywhere: every name has its own.
  experiment.systems = {"jupiter"};
  EXPECT_EQ(CellName(experiment, {"fitted", "A", 1e8, "M", "jupiter", "both"}),
            "small/fitted/envA/100mbps/M/jupiter/both");
}

TEST(PaperPoliciesTest, NamesWhatIsWrong) {
  const auto error = [](const std::string& from, const std::string& to) {
    std::string text = std::string(kText) + kPolicies;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return RefusalOf([&] { ParsePaperExperiment(text, "p.yaml"); });
  };
  const auto expect = [&](const std::string& from, const std::string& to, const char* expected) {
    EXPECT_NE(error(from, to).find(expected), std::string::npos) << error(from, to);
  };
  expect("[both, plain]", "[bth]", "did you mean both?");
  expect("local: [speculate]", "locl: [plain]", "not among the systems");
  expect("outline: skeleton-of-thought", "", "both needs an outline");
  expect("nodes: 3", "nodes: -1", "speculation.nodes");
  expect("{M: medusa1-vicuna-7b}", "{N: medusa1-vicuna-7b}", "nothing for the model");
  expect("points: [2, 3]", "points: [1]", "points \"1\": expected a number from 2 to 100");
  expect("lengths: [equal]", "length: [equal]", "did you mean lengths?");
  expect("medusa1-vicuna-7b", "medusa1-vicuna-8b", "medusa1-vicuna-7b");
}

TEST(PaperPoliciesTest, VariesOneKeyAtATime) {
  const PaperExperiment experiment = ParsePaperExperiment(std::string(kText) + kPolicies, "p.yaml");
  EXPECT_EQ(Vary(experiment, "points=4").outline->points, 4);
  EXPECT_EQ(Vary(experiment, "skeleton_tokens_per_point=9").outline->skeleton_tokens_per_point, 9);
  EXPECT_EQ(Vary(experiment, "acceptance=0.5").speculation->scale, 0.5);
  EXPECT_EQ(Vary(experiment, "generated_tokens=512").generated_tokens, 512);
  EXPECT_EQ(ShowWorkload(Vary(experiment, "")), ShowWorkload(experiment));
  EXPECT_NE(ShowWorkload(Vary(experiment, "nodes=5")), ShowWorkload(experiment));
  EXPECT_NE(RefusalOf([&] { Vary(experiment, "acceptance=2"); }).find("acceptance"),
            std::string::npos);
}

class PolicyWorkTest : public ::testing::Test {
 protected:
  PaperExperiment experiment_ = ParsePaperExperiment(std::string(kText) + kPolicies, "p.yaml");

  PolicyWork Work(const std::string& policy, int rows, double tokens) const {
    TestbedProfile profile;
    profile.source = "p";
    profile.decoding.tokens_per_step = tokens;
    profile.decoding.payload_rows[""] = 8;
    profile.decoding.rows[""] = rows;
    return PolicyWorkOf(experiment_, FindPolicy(policy), profile, "M", "tiny", 0);
  }
};

TEST_F(PolicyWorkTest, OutlinesAreCountedApartFromTheAnswer) {
  experiment_.outline->points = 3;
  experiment_.outline->skeleton_tokens_per_point = 5;
  const PolicyWork work = Work("outline", 1, 1);
  ASSERT_EQ(work.run.sets.size(), 2u);
  const OutlineWorkload& outline = *experiment_.outline;
  const int skeleton_prompt = 100 + outline.skeleton_prompt_tokens;
  const int prefix = 100 + 15 + outline.shared_prefix_tokens;
  EXPECT_EQ(work.run.sets[0].requests[0].prompt, skeleton_prompt);
  EXPECT_EQ(work.run.sets[0].requests[0].tokens, 16);
  EXPECT_EQ(work.run.sets[1].prefix, prefix);
  int tokens = 0;
  for (const ShapeRequest& request : work.run.sets[1].requests) tokens += request.tokens - 1;
  EXPECT_EQ(tokens, 10);
  EXPECT_EQ(work.skeleton_tokens, 15);
  EXPECT_EQ(work.extra_prompt_tokens,
            skeleton_prompt + prefix + 3 * outline.point_suffix_tokens - 100);
  EXPECT_EQ(work.step.rows, 1);
  EXPECT_EQ(work.step.padded_rows, 8);
  EXPECT_FALSE(work.run.drafts);
}

TEST_F(PolicyWorkTest, DraftsTakeTheRowsOfTheWorkloadWherePassesHaveOne) {
  const PolicyWork work = Work("speculate", 1, 1);
  EXPECT_EQ(work.step.rows, 4);
  EXPECT_EQ(work.step.padded_rows, 8);
  EXPECT_EQ(work.step.payload_factor, 1);
  EXPECT_EQ(work.heads.tree_rows, 4);
  EXPECT_EQ(work.run.heads, "synthetic:4:own:q4_0");
  EXPECT_NEAR(work.step.tokens, ExpectedTokens(work.run.drafts->tree, work.run.drafts->acceptance),
              1e-12);
  experiment_.speculation->nodes = 0;
  EXPECT_FALSE(Work("speculate", 1, 1).run.drafts);
}

TEST_F(PolicyWorkTest, CalibratedDraftsAreNotCountedTwice) {
  const PolicyWork drafted = Work("speculate", 16, 2);
  EXPECT_EQ(drafted.step.rows, 16);
  EXPECT_NEAR(drafted.step.tokens, 2, 1e-9);
  EXPECT_EQ(drafted.step.payload_factor, 1);  // 8 rows per token, 2 tokens, of 16 rows
  EXPECT_EQ(drafted.step.padded_rows, 0);
  EXPECT_EQ(drafted.run.heads, "");
  EXPECT_EQ(drafted.run.drafts->tree.rows(), 16);
  const PolicyWork plain = Work("plain", 16, 2);
  EXPECT_EQ(plain.step.rows, 1);
  EXPECT_EQ(plain.step.tokens, 1);
  EXPECT_EQ(plain.step.payload_factor, 1);
  EXPECT_EQ(plain.note, "plain pass derived from a speculative one");
}

class PaperRowsTest : public ::testing::Test {
 protected:
  PaperRowsTest()
      : folder_(fs::temp_directory_path() / ("jupiter-paper-" + std::to_string(getpid()))),
        experiment_(ParsePaperExperiment(kText, "p.yaml")) {
    fs::create_directories(folder_);
    Write("table.csv",
          "env,bandwidth_mbps,model,system,e2e_s\nA,100,M,SP,10\nA,100,M,M-LM,20\n"
          "A,1000,M,SP,OOM\nA,1000,M,M-LM,5\n");
    Write("figure.csv",
          "env,model,bandwidth_mbps,phase,system,ms_per_token,uncertainty_ms\n"
          "A,M,100,prefill,SP,50,1\nA,M,100,decode,SP,OOM,\n");
  }
  ~PaperRowsTest() override { fs::remove_all(folder_); }

  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / file) << text;
  }

  void Add(const std::string& profile, double mbps, const std::string& system,
           std::optional<double> seconds) {
    ResultRow row;
    row.name = CellName(experiment_, {profile, "A", mbps * 1e6, "M", system});
    row.profile = profile;
    row.env = "A";
    row.bandwidth_mbps = mbps;
    row.model = "M";
    row.system = system;
    row.e2e_s = seconds;
    row.oom = !seconds;
    if (seconds) {
      row.prefill_ms_per_token = *seconds * 4;
      row.decode_ms_per_token = *seconds;
      row.per_rank = {{1e3, 0, 0, 0}};
    }
    row.note = system == "local" ? "on nx" : "";
    rows_.push_back(row);
  }

  fs::path folder_;
  PaperExperiment experiment_;
  std::vector<ResultRow> rows_;
};

TEST_F(PaperRowsTest, AgreementCountsErrorsRanksAndMemory) {
  Add("fitted", 100, "sequence", 11);
  Add("fitted", 100, "megatron", 19);
  Add("fitted", 1000, "sequence", 3);  // published as out of memory
  Add("fitted", 1000, "megatron", 5);
  const Published published(folder_.string());
  const Agreement agreement = CompareToPublished(RowIndex(rows_), experiment_, "fitted", published);
  ASSERT_EQ(agreement.cells.size(), 3u);
  EXPECT_NEAR(MedianError(agreement.cells), 0.05, 1e-12);
  EXPECT_EQ(agreement.oom_right, 3);
  EXPECT_EQ(agreement.oom_wrong, 1);
  EXPECT_EQ(agreement.rows_ranked, 2);
  ASSERT_EQ(agreement.bars.size(), 1u);
  EXPECT_NEAR(agreement.bars[0].error(), 44.0 / 50 - 1, 1e-12);
  EXPECT_NE(Show(agreement, "fitted").find("3 of 4 cells"), std::string::npos);
}

TEST_F(PaperRowsTest, AWrongRankIsNamed) {
  Add("fitted", 100, "sequence", 21);
  Add("fitted", 100, "megatron", 20);
  const Agreement agreement =
      CompareToPublished(RowIndex(rows_), experiment_, "fitted", Published(folder_.string()));
  EXPECT_EQ(agreement.rows_ranked, 0);
  EXPECT_EQ(agreement.rows_misranked, (std::vector<std::string>{"A 100 M"}));
}

TEST_F(PaperRowsTest, PredictionsSpanVariantsAndError) {
  Add("fitted", 100, "jupiter", 10);
  Add("variant", 100, "jupiter", 8);
  Add("other", 100, "jupiter", 12);
  const std::vector<Reading> readings = {{"plain", "fitted", {"variant"}, 0.1},
                                         {"trees", "other", {}, 0.5},
                                         {"third", "nowhere", {}, 0.5}};
  const auto predictions = PredictionsOf(rows_, experiment_, readings, "jupiter", "plain");
  ASSERT_EQ(predictions.size(), 2u);  // a reading whose profile has not run is left out
  EXPECT_EQ(predictions[0].e2e_s, 10);
  EXPECT_NEAR(predictions[0].low_s, 7.2, 1e-12);
  EXPECT_NEAR(predictions[0].high_s, 11, 1e-12);
  EXPECT_EQ(ToCsv(predictions),
            "env,bandwidth_mbps,model,system,reading,e2e_s,low_s,high_s\n"
            "A,100,M,jupiter,plain,10,7.2,11\nA,100,M,jupiter,trees,12,6,18\n");
}

TEST_F(PaperRowsTest, TablesShowPublishedValuesAndWhatHasNotRun) {
  Add("fitted", 100, "sequence", 11);
  Add("fitted", 1000, "sequence", std::nullopt);
  const Published published(folder_.string());
  const TextTable table = EndToEndTable(RowIndex(rows_), experiment_, "fitted", published, {});
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0],
            (std::vector<std::string>{"A", "100", "M", "-", "11.0 / 10.0 +10.0%", "-", "-"}));
  EXPECT_EQ(table.rows[1][4], "OOM / OOM");
  const TextTable bars = PerTokenTable(RowIndex(rows_), experiment_, "fitted", published);
  EXPECT_EQ(bars.rows[0][5], "44.0 / 50.0 -12.0%");
}

TEST_F(PaperRowsTest, FindingsNameWhatOneDeviceBeats) {
  for (double mbps : {100.0, 1000.0}) Add("fitted", mbps, "local", 7);
  Add("fitted", 100, "megatron", 20);
  Add("sound", 100, "megatron", 4);
  const std::vector<std::string> lines =
      FindingsOf(RowIndex(rows_), experiment_, Published(folder_.string()), nullptr).first;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("of 3 published baseline cells of this model 1 are faster: A 1000 M-LM"),
            std::string::npos)
      << lines[0];
  EXPECT_NE(lines[1].find("20.0 s under fitted, 19.0 s of it waiting"), std::string::npos)
      << lines[1];
}

TEST_F(PaperRowsTest, HeadlinesCompareUnderTheSamePolicy) {
  experiment_.policies = {{"jupiter", {"plain", "both"}}, {"megatron", {"plain", "both"}}};
  Add("fitted", 100, "megatron", 20);
  Add("fitted", 100, "local", 12);
  Add("fitted", 100, "jupiter", 10);
  const std::vector<std::string> lines =
      HeadlinesOf(RowIndex(rows_), experiment_, Accounting::kWhole);
  ASSERT_EQ(lines.size(), 1u);  // nothing else has run under both
  EXPECT_NE(lines[0].find("policy plain for all: jupiter is 1.20 to 1.20 times"), std::string::npos)
      << lines[0];
  const TextTable table = PolicyTable(RowIndex(rows_), experiment_, "fitted", Accounting::kWhole);
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0].back(), "1.20x");
  EXPECT_EQ(table.rows[0][table.rows[0].size() - 2], "local");
}

// Rows of 100 prompt and 10 generated tokens; Add has 4 ms of prefill and 1 ms of decoding per
// token and second.
TEST_F(PaperRowsTest, HeadlinesByThePublishedAccountingTakeTheQuestionsPrefill) {
  experiment_.policies = {{"jupiter", {"plain", "both"}}, {"megatron", {"plain", "both"}}};
  for (const char* policy : {"plain", "both"}) {
    Add("fitted", 100, "megatron", 20);
    Add("fitted", 100, "jupiter", 10);
    for (auto row = rows_.end() - 2; row != rows_.end(); ++row) {
      row->policy = policy;
      row->prompt_tokens = 100;
      row->gen_tokens = 10;
    }
  }
  for (ResultRow& row : rows_) {
    if (row.policy == "both") row.prefill_ms_per_token.reset();
  }
  rows_.back().decode_ms_per_token = 5;
  const TextTable table =
      PolicyTable(RowIndex(rows_), experiment_, "fitted", Accounting::kPublished);
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].back(), "2.00x");  // 8.2 and 4.1 s
  EXPECT_EQ(table.rows[1].back(), "2.02x");  // 8.2 and 4.05 s
  const std::vector<std::string> lines =
      HeadlinesOf(RowIndex(rows_), experiment_, Accounting::kPublished);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].find("fitted, policy plain for all by the accounting published: jupiter is"),
            0u)
      << lines[0];
}

// 256 prompt tokens at 16 ms and 64 generated ones at 120 ms are 11.776 s; published are 10.
class JupiterRowsTest : public PaperRowsTest {
 protected:
  JupiterRowsTest() {
    fs::create_directories(folder_ / "jupiter");
    fs::create_directories(folder_ / "frozen");
    Write("jupiter/table.csv", "env,bandwidth_mbps,model,system,e2e_s\nA,100,M,Jupiter,10\n");
    Write("jupiter/figure.csv",
          "env,model,bandwidth_mbps,phase,system,ms_per_token,uncertainty_ms\n"
          "A,M,100,prefill,Jupiter,20,1\nA,M,100,decode,Jupiter,100,1\n");
    const std::string frozen = "env,bandwidth_mbps,model,system,reading,e2e_s,low_s,high_s\n";
    Write("frozen/e0f1bfb.csv", frozen + "A,100,M,jupiter,plain,15,9,20\n");
    Write("frozen/c878f6b.csv", frozen + "A,100,M,jupiter,plain,25,20,30\n");
    Write("frozen/d871e71.csv", frozen + "A,1000,M,jupiter,plain,9,8,10\n");
    experiment_.policies = {{"jupiter", {"both", "plain"}}};
    Add("fitted", 100, "jupiter", 30);
    rows_.push_back(rows_.back());
    for (ResultRow* row : {&rows_[0], &rows_[1]}) {
      row->prompt_tokens = 256;
      row->gen_tokens = 64;
      row->prefill_ms_per_token = 16;
    }
    ResultRow& answer = rows_[0];
    answer.policy = "both";
    answer.prefill_ms_per_token.reset();
    answer.decode_ms_per_token = 120;
    answer.settled_ms_per_token = 100;
    answer.round_s = 0.5;
    answer.requests = 4;
    answer.tokens_per_step = 2;
  }
};

TEST_F(JupiterRowsTest, AreScoredByEachAccounting) {
  const std::vector<ScoredRow> scored =
      JupiterRows(folder_.string()).Score(RowIndex(rows_), experiment_, "fitted");
  ASSERT_EQ(scored.size(), 1u);
  EXPECT_EQ(scored[0].whole_s, 30);
  EXPECT_NEAR(*scored[0].published_way_s, 0.256 * 16 + 0.064 * 120, 1e-12);
  EXPECT_NEAR(*scored[0].settled_s, 0.256 * 16 + 0.064 * 100, 1e-12);
  EXPECT_NEAR(*scored[0].by_rounds_s, 0.256 * 16 + 64 * 0.5 / (4 * 2), 1e-12);
  const TextTable table = ScoreTable(scored, "fitted", "plain");
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0],
            (std::vector<std::string>{"A", "100", "M", "30.0 / 10.0 +200.0%", "11.8 / 10.0 +17.8%",
                                      "16.0 / 20.0 -20.0%", "120 / 100 +20.0%", "10.5 / 10.0 +5.0%",
                                      "8.10 / 10.0 -19.0%"}));
  const TextTable whole =
      EndToEndTable(RowIndex(rows_), experiment_, "fitted", Published(folder_.string()), scored);
  EXPECT_EQ(whole.header[6], "Jupiter, both: whole, published");
  EXPECT_EQ(whole.rows[0][6], "30.0, 11.8 / 10.0 +17.8%");
}

TEST_F(JupiterRowsTest, FrozenPredictionsKeepTheirScores) {
  const JupiterRows jupiter(folder_.string());
  const std::vector<FrozenPrediction>& frozen = jupiter.frozen();
  ASSERT_EQ(frozen.size(), 2u);  // of the third one's cell nothing was published
  EXPECT_EQ(frozen[0].commit, "e0f1bfb");
  EXPECT_NEAR(frozen[0].errors.at(0), 0.5, 1e-12);
  EXPECT_EQ(frozen[0].inside, 1);
  EXPECT_NEAR(frozen[1].errors.at(0), 1.5, 1e-12);
  EXPECT_EQ(frozen[1].inside, 0);
}

TEST_F(JupiterRowsTest, LinesSayHowFarAndWhereItComesFrom) {
  const std::vector<std::string> lines = ScoreLines(
      RowIndex(rows_), experiment_, Published(folder_.string()), JupiterRows(folder_.string()));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(
      lines[0].find("Reading plain (fitted), 1 cells: whole median 200.0 %, largest +200.0 %; "
                    "published median 17.8 %, largest +17.8 %; prefill bars median 20.0 %"),
      0u)
      << lines[0];
  const auto says = [&](const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(says("Predictions were committed before the rows were opened"));
  EXPECT_TRUE(says("The law itself, 100 x prefill + 10 x decode"));
  EXPECT_TRUE(says("c878f6b plain: median 150.0 %, largest +150.0 %, 0 of 1 inside"));
  rows_.clear();
  EXPECT_TRUE(ScoreLines(RowIndex(rows_), experiment_, Published(folder_.string()),
                         JupiterRows(folder_.string()))
                  .empty());
}

TEST_F(JupiterRowsTest, FindingsHaveTheUnfavourableOnes) {
  for (const double mbps : {100.0, 1000.0}) Add("fitted", mbps, "local", 20);
  Add("fitted", 100, "megatron", 40);
  Add("sound", 100, "megatron", 4);
  const JupiterRows jupiter(folder_.string());
  const std::vector<std::string> lines =
      FindingsOf(RowIndex(rows_), experiment_, Published(folder_.string()), &jupiter).first;
  ASSERT_EQ(lines.size(), 4u);  // only one bandwidth of Jupiter is published here
  EXPECT_EQ(lines[0].find("One device alone"), 0u) << lines[0];
  EXPECT_EQ(lines[1].find("With everything counted (whole) Jupiter takes 3.00 to 3.00 times"), 0u)
      << lines[1];
  EXPECT_NE(lines[1].find("median 17.8 %"), std::string::npos) << lines[1];
  EXPECT_EQ(lines[2].find("Jupiter, policy plain, under fitted: 0.67 to 0.67 times"), 0u)
      << lines[2];
  EXPECT_EQ(lines[3].find("Megatron-LM"), 0u) << lines[3];
}

TEST_F(PaperRowsTest, BoundsCompareWithinAPolicy) {
  experiment_.policies = {{"jupiter", {"both", "plain"}}};
  Add("fitted", 100, "megatron", 20);
  Add("fitted", 100, "jupiter", 12);
  Add("fitted", 100, "jupiter", 9);
  rows_.back().policy = "both";
  for (ResultRow& row : rows_) {
    row.cell_bound_s = 6;
    row.strategy_bound_s = 8;
  }
  const TextTable table = BoundTable(RowIndex(rows_), experiment_, "fitted");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"A", "100", "M", "plain", "2", "Jupiter",
                                                     "12.0", "6.00", "2.00", "1.33", "1.50"}));
  EXPECT_EQ(table.rows[1][3], "both");
  EXPECT_EQ(table.rows[1][4], "1");
  const std::vector<std::string> lines = BoundLines(RowIndex(rows_), experiment_);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("over 2 cells: 2.00 (plain, fitted), 1.50 (both, fitted)"),
            std::string::npos)
      << lines[0];
}

TEST_F(PaperRowsTest, MemoryIsShownByRank) {
  Add("fitted", 100, "megatron", 20);
  RankResult rank;
  rank.weights = std::int64_t{3} << 29;
  rank.kv = std::int64_t{1} << 29;
  rows_.back().per_rank = {rank, rank};
  const TextTable table = MemoryTable(RowIndex(rows_), experiment_, "fitted");
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"A", "M", "M-LM, plain", "2.00", "2.00"}));
  EXPECT_EQ(table.header.back(), "rank 1");
}

TEST_F(JupiterRowsTest, RowsOfOthersAreRefusedOnBothSides) {
  EXPECT_NE(RefusalOf([&] {
              Published((folder_ / "jupiter").string());
            }).find("unknown system 'Jupiter'"),
            std::string::npos);
  Write("jupiter/table.csv", "env,bandwidth_mbps,model,system,e2e_s\nA,100,M,SP,10\n");
  EXPECT_NE(RefusalOf([&] { JupiterRows(folder_.string()); }).find("unknown system 'SP'"),
            std::string::npos);
}

TEST_F(PaperRowsTest, PublishedFilesAreChecked) {
  const auto error = [&] { return RefusalOf([&] { Published(folder_.string()); }); };
  Write("table.csv", "env,model\n");
  EXPECT_NE(error().find("table.csv: line 1: expected the header"), std::string::npos);
  Write("table.csv", "env,bandwidth_mbps,model,system,e2e_s\nA,100,M,SP,-3\n");
  EXPECT_NE(error().find("table.csv: line 2: expected a number above 0, got '-3'"),
            std::string::npos);
  Write("table.csv", "env,bandwidth_mbps,model,system,e2e_s\nA,100,M,SP,3\nA,100,M,SP,4\n");
  EXPECT_NE(error().find("line 3: the same cell"), std::string::npos);
  Write("table.csv", "env,bandwidth_mbps,model,system,e2e_s\nA,100,M\n");
  EXPECT_NE(error().find("3 fields, expected 5"), std::string::npos);
}

}  // namespace
}  // namespace jupiter
