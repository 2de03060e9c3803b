#include "bench/medusa/medusa_report.h"

#include <gtest/gtest.h>

namespace jupiter {
namespace {

TEST(MedusaReportTest, SaysWhatWasMeasured) {
  MedusaReport report;
  report.acceptance.probability = {{0.5, 0.25}, {0.125, 0}};
  report.acceptance.positions = 50;
  report.positions = 200;
  report.ngram = 8;
  report.trees.push_back(
      {"mine.yaml", TreeOf({{0}, {1}, {0, 0}}), 1.8125, {4, {1, 2, 1}}, {10, {0, 0, 10}}});
  EXPECT_EQ(
      ShowMedusa(report),
      "held-out text: 200 positions, 50 of them (25.0 %) new (the 8 tokens up to there were in "
      "no text before)\n"
      "share of each choice of a head at new positions where the heads before it found their "
      "tokens:\n\n"
      "head      #1      #2      #1-2\n"
      "   1  0.5000  0.2500    0.7500\n"
      "   2  0.1250  0.0000    0.1250\n"
      "\nmine.yaml: 3 nodes, depth 2, 1.812 tokens per step expected (root counted)\n"
      "  new text: 2.000 tokens per step, 4 steps; accepted 0: 25.0 %, 1: 50.0 %, 2: 25.0 %\n"
      "  all text: 3.000 tokens per step, 10 steps; accepted 0: 0.0 %, 1: 0.0 %, 2: 100.0 %\n");
}

// Where the first head is never right, nothing was seen of the second.
TEST(MedusaReportTest, ShowsNoShareOfNothing) {
  MedusaReport report;
  report.acceptance.probability = {{0, 0}, {0, 0}};
  report.acceptance.positions = 50;
  report.positions = 200;
  report.trees.push_back({"mine.yaml", TreeOf({{0}}), 1, {0, {0, 0}}, {10, {10, 0}}});
  const std::string text = ShowMedusa(report);
  EXPECT_NE(text.find("   1  0.0000  0.0000    0.0000\n"
                      "   2       -       -         -\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  new text: no steps\n  all text: 1.000 tokens"), std::string::npos) << text;
}

}  // namespace
}  // namespace jupiter
