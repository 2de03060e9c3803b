// Rows of results and the folder that keeps them: what a kill at any moment leaves is taken up.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "bench/flags/text_file.h"
#include "bench/results/results_folder.h"
#include "bench/results/text_table.h"
#include "kernels/base/check.h"
#include "tests/refusal.h"

namespace jupiter {
namespace {

namespace fs = std::filesystem;

class ResultsTest : public ::testing::Test {
 protected:
  ResultsTest() : folder_(fs::temp_directory_path() / fs::path(UniqueName())) {}
  ~ResultsTest() override { fs::remove_all(folder_); }

  static std::string UniqueName() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return std::string("jupiter-results-") + info->name() + "-" + std::to_string(getpid());
  }
  std::string In(const std::string& file) const { return (folder_ / file).string(); }
  std::string Text(const std::string& file) const { return ReadTextFile(In(file)).value_or(""); }
  void Cut(const std::string& file, std::size_t bytes) const {
    const std::string text = Text(file);
    std::ofstream(In(file), std::ios::trunc) << text.substr(0, text.size() - bytes);
  }

  fs::path folder_;
};

ResultRow Row(const std::string& name) {
  ResultRow row;
  row.name = name;
  row.suite = "paper";
  row.clock = "virtual";
  row.env = "A";
  row.bandwidth_mbps = 100;
  row.e2e_s = 1.0 / 3;
  row.ttft_s = 0.25;
  row.decode_ms_per_token = 0.5;
  row.per_rank = {{1.5, 2, 3, 4, 5, 6, 7, 8, 9}, {}};
  row.note = "with \"quotes\", a comma";
  row.published_e2e_s = 0.1;
  return row;
}

ResultRow MeasuredRow(const std::string& name) {
  ResultRow row = Row(name);
  row.clock = "wall";
  row.verdict = Verdict::kValid;
  row.measured.emplace().repetitions = {{RequestSample()}};
  return row;
}

TEST_F(ResultsTest, RowsComeBackAsTheyWere) {
  const std::string line = ToJson(Row("a"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const ResultRow back = ParseResultRow(line, "there");
  EXPECT_EQ(ToJson(back), line);
  EXPECT_EQ(*back.e2e_s, 1.0 / 3);
  EXPECT_FALSE(back.prefill_ms_per_token.has_value());
  EXPECT_EQ(back.per_rank.at(0).buffers, 9);
  EXPECT_NE(line.find("\"prefill_ms_per_token\":null"), std::string::npos);
}

TEST_F(ResultsTest, RefusesWhatIsNoRow) {
  EXPECT_NE(RefusalOf([] { ParseResultRow("{", "f: line 3"); }).find("f: line 3: not a row"),
            std::string::npos);
  EXPECT_NE(RefusalOf([] {
              ParseResultRow("{\"schema_version\":99}", "f");
            }).find("schema_version 99, this program reads 2"),
            std::string::npos);
  EXPECT_NE(
      RefusalOf([] { ParseResultRow("{\"schema_version\":2,\"name\":3}", "f"); }).find("not a row"),
      std::string::npos);
}

TEST_F(ResultsTest, RefusesATimeWithoutItsParts) {
  ResultRow row = Row("a");
  row.ttft_s.reset();
  EXPECT_NE(RefusalOf([&] { ParseResultRow(ToJson(row), "f: line 2"); }).find("without ttft_s"),
            std::string::npos);
}

TEST_F(ResultsTest, OneTokenHasNoTimePerOutputToken) {
  ResultRow row = Row("a");
  row.decode_ms_per_token.reset();
  EXPECT_NE(
      RefusalOf([&] { ParseResultRow(ToJson(row), "f"); }).find("without decode_ms_per_token"),
      std::string::npos);
  row.gen_tokens = 1;
  EXPECT_FALSE(ParseResultRow(ToJson(row), "f").decode_ms_per_token.has_value());
}

TEST_F(ResultsTest, MeasuredRowsHaveTheirSamples) {
  ResultRow row = MeasuredRow("a");
  row.measured->repetitions.push_back(row.measured->repetitions.front());
  EXPECT_EQ(ToJson(ParseResultRow(ToJson(row), "f")), ToJson(row));
  row.measured->repetitions.back().clear();
  EXPECT_NE(RefusalOf([&] { ParseResultRow(ToJson(row), "f"); }).find("not equally long"),
            std::string::npos);
  row.measured.reset();
  EXPECT_NE(RefusalOf([&] { ParseResultRow(ToJson(row), "f"); }).find("without samples"),
            std::string::npos);
  EXPECT_EQ(ToJson(Row("a")).find("measured"), std::string::npos);
}

TEST_F(ResultsTest, VerdictsAreWrittenByTheirKeys) {
  ResultRow row = Row("a");
  for (const auto& [verdict, key] :
       {std::pair{Verdict::kValid, "exact"}, std::pair{Verdict::kInvalid, "invalid"},
        std::pair{Verdict::kUnchecked, "not_checked"}}) {
    row.verdict = verdict;
    const std::string line = ToJson(row);
    EXPECT_NE(line.find(std::string("\"valid\":\"") + key + "\""), std::string::npos) << line;
    EXPECT_EQ(ParseResultRow(line, "f").verdict, verdict);
  }
  std::string line = ToJson(row);
  line.replace(line.find("not_checked"), 11, "tolerance");
  EXPECT_NE(
      RefusalOf([&] { ParseResultRow(line, "f: line 2"); }).find("f: line 2: valid is 'tolerance'"),
      std::string::npos);
}

TEST_F(ResultsTest, WhatCouldNotRunWasSkipped) {
  ResultRow row = Row("a");
  row.verdict = Verdict::kSkipped;
  row.e2e_s.reset();
  row.reason = "no room";
  EXPECT_NE(ToJson(row).find("\"valid\":\"not_checked\""), std::string::npos);
  EXPECT_EQ(ParseResultRow(ToJson(row), "f").verdict, Verdict::kSkipped);
}

TEST_F(ResultsTest, CsvQuotesTextAndLeavesUnknownNumbersEmpty) {
  const std::string csv = ToCsv({Row("a")});
  EXPECT_EQ(csv.substr(0, 11), "name,suite,");
  EXPECT_NE(csv.find("\"with \"\"quotes\"\", a comma\""), std::string::npos);
  EXPECT_NE(csv.find("0.3333333333333333,0.25,,0.5,"), std::string::npos);
}

TEST_F(ResultsTest, KeepsRowsAndFindsThemAgain) {
  {
    ResultsFolder folder(folder_.string(), "[1]", false);
    folder.Add(Row("a"), {{"plans", R"({"name":"a","plan":1})"}});
    folder.Add(Row("b"), {});
  }
  ResultsFolder again(folder_.string(), "[1]", true);
  ASSERT_NE(again.Find("a"), nullptr);
  EXPECT_EQ(ToJson(*again.Find("b")), ToJson(Row("b")));
  EXPECT_EQ(again.Find("c"), nullptr);
  EXPECT_EQ(Text("results.jsonl"), ToJson(Row("a")) + "\n" + ToJson(Row("b")) + "\n");
}

TEST_F(ResultsTest, MeasuredRowsHaveAFileOfTheirOwn) {
  ResultsFolder folder(folder_.string(), "[1]", false);
  const ResultRow row = MeasuredRow("real");
  folder.Add(row, {});
  EXPECT_EQ(Text("results.jsonl"), "");
  EXPECT_EQ(Text("wall.jsonl"), ToJson(row) + "\n");
}

// Wherever a kill cuts the files, what is taken up and continued is what one run writes.
TEST_F(ResultsTest, GoesOnFromEveryCut) {
  const std::vector<ResultsFolder::SideLine> side_a = {{"plans", R"({"name":"a","plan":1})"}};
  const std::vector<ResultsFolder::SideLine> side_b = {{"plans", R"({"name":"b","plan":2})"}};
  const std::string rows = ToJson(Row("a")) + "\n" + ToJson(Row("b")) + "\n";
  const std::string plans = side_a[0].second + "\n" + side_b[0].second + "\n";
  const std::size_t line = ToJson(Row("b")).size();
  for (std::size_t lost : {std::size_t{1}, std::size_t{2}, line, line + 1}) {
    for (std::size_t lost_of_side : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
      fs::remove_all(folder_);
      {
        ResultsFolder folder(folder_.string(), "[1]", false);
        folder.Add(Row("a"), side_a);
        folder.Add(Row("b"), side_b);
      }
      Cut("results.jsonl", lost);
      Cut("plans.jsonl", lost_of_side);
      ResultsFolder folder(folder_.string(), "[1]", true);
      ASSERT_NE(folder.Find("a"), nullptr);
      ASSERT_EQ(folder.Find("b"), nullptr) << lost;
      folder.Add(Row("b"), side_b);
      EXPECT_EQ(Text("results.jsonl"), rows);
      EXPECT_EQ(Text("plans.jsonl"), plans);
    }
  }
}

TEST_F(ResultsTest, SaysWhichSettingsDiffer) {
  {
    ResultsFolder folder(folder_.string(), R"([{"flags": {"--kv": "f32", "--rows": ""}}])", false);
  }
  const auto refusal = [&](const char* settings) {
    return RefusalOf([&] { ResultsFolder(folder_.string(), settings, true); });
  };
  const std::string one = refusal(R"([{"flags": {"--kv": "f16", "--rows": ""}}])");
  EXPECT_NE(one.find(R"((run.json: 0/flags/--kv was "f32", is "f16");)"), std::string::npos) << one;
  const std::string gone = refusal(R"([{"flags": {"--kv": "f32"}}])");
  EXPECT_NE(gone.find(R"(0/flags/--rows was "", is nothing)"), std::string::npos) << gone;
  const std::string many = refusal("[1, 2, 3, 4, 5]");
  EXPECT_NE(many.find("; and 4 more)"), std::string::npos) << many;
}

TEST_F(ResultsTest, RefusesFoldersThatAreInTheWay) {
  { ResultsFolder folder(folder_.string(), "[1]", false); }
  EXPECT_NE(RefusalOf([&] { ResultsFolder(folder_.string(), "[1]", false); }).find("--resume"),
            std::string::npos);
  EXPECT_NE(RefusalOf([&] { ResultsFolder(folder_.string(), "[2]", true); }).find("other settings"),
            std::string::npos);
  std::ofstream(In("file")) << "x";
  EXPECT_NE(RefusalOf([&] { ResultsFolder(In("file"), "[1]", false); }).find("no folder"),
            std::string::npos);
  std::ofstream(In("results.jsonl")) << "{}\n";
  EXPECT_NE(RefusalOf([&] {
              ResultsFolder(folder_.string(), "[1]", true);
            }).find("results.jsonl: line 1: not a row"),
            std::string::npos);
}

TEST_F(ResultsTest, OneRunAtATimeWritesThere) {
  const ResultsFolder first(folder_.string(), "[1]", false);
  EXPECT_NE(RefusalOf([&] { ResultsFolder(folder_.string(), "[1]", true); }).find("another run"),
            std::string::npos);
}

TEST_F(ResultsTest, RefusesRowsOfNoKnownRun) {
  {
    ResultsFolder folder(folder_.string(), "[1]", false);
    folder.Add(Row("a"), {});
  }
  fs::remove(folder_ / "run.json");
  for (bool resume : {false, true}) {
    EXPECT_NE(RefusalOf([&] {
                ResultsFolder(folder_.string(), "[1]", resume);
              }).find("has results.jsonl, but no run.json"),
              std::string::npos);
  }
}

TEST(TextTableTest, AlignsAndWritesMarkdown) {
  const TextTable table{"T", {"name", "s"}, {{"a", "1.25"}, {"bcdef", "10"}}};
  EXPECT_EQ(ToText(table, 1), "T\nname      s\na      1.25\nbcdef    10\n");
  EXPECT_EQ(ToMarkdown(table, 1),
            "**T**\n\n| name | s |\n| --- | ---: |\n| a | 1.25 |\n| bcdef | 10 |\n");
}

}  // namespace
}  // namespace jupiter
