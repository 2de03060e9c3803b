// Agreement with the labels that the authors of Skeleton-of-Thought gave 80 questions. The rules
// were written with the odd questions in view; the even ones say how they fare on others.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "kernels/base/check.h"
#include "model/outline/router.h"
#include "tests/model/tokenizers/test_files.h"

namespace jupiter {
namespace {

struct LabelledQuestion {
  bool outline = false;
  std::string text;
};

// Lines "LABEL;QUESTION"; a question with a ";" is in quotes.
std::vector<LabelledQuestion> ReadQuestions(const std::string& path) {
  std::ifstream file(path);
  std::vector<LabelledQuestion> questions;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const bool known = line.starts_with("0;") || line.starts_with("1;");
    EXPECT_TRUE(known || line == "label;request") << line;
    if (!known) continue;
    std::string text = line.substr(2);
    if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
    questions.push_back({line.starts_with("1;"), text});
  }
  return questions;
}

// Against the labels; "positive" is yes to an outline.
struct Counts {
  int true_positive = 0;
  int false_positive = 0;
  int false_negative = 0;
  int true_negative = 0;

  void Add(bool verdict, bool label) {
    int& count = verdict ? (label ? true_positive : false_positive)
                         : (label ? false_negative : true_negative);
    ++count;
  }
  int questions() const { return true_positive + false_positive + false_negative + true_negative; }
  double agreement() const {
    return static_cast<double>(true_positive + true_negative) / questions();
  }
  double precision() const {
    return static_cast<double>(true_positive) / (true_positive + false_positive);
  }
  double recall() const {
    return static_cast<double>(true_positive) / (true_positive + false_negative);
  }
};

void Print(std::string_view name, const Counts& counts) {
  std::cout << fmt::format(
      "{}: {} questions, agreement {:.3f}, precision {:.3f}, recall {:.3f} (yes/yes {}, yes/no {}, "
      "no/yes {}, no/no {})\n",
      name, counts.questions(), counts.agreement(), counts.precision(), counts.recall(),
      counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative);
}

TEST(VicunaRouterTest, AgreesWithThePublishedLabels) {
  const std::string name = "../prompts/sot_vicuna_router.csv";
  const std::string path = ModelFile(name);
  JUPITER_SKIP_WITHOUT(path, name);
  const std::vector<LabelledQuestion> questions = ReadQuestions(path);
  ASSERT_EQ(questions.size(), 80u);
  Counts odd;
  Counts even;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const RouterVerdict verdict = RouteQuestion(questions[i].text);
    ((i + 1) % 2 == 1 ? odd : even).Add(verdict.outline, questions[i].outline);
    if (verdict.outline == questions[i].outline || (i + 1) % 2 == 0) continue;
    std::cout << fmt::format("question {}: {} ({})\n", i + 1, verdict.outline ? "yes" : "no",
                             verdict.reason);
  }
  Print("odd questions, which the rules were written with", odd);
  Print("even questions", even);
  // What the heuristic is for: as good as always saying the more frequent label would be no use.
  for (const Counts& counts : {odd, even}) {
    const int positive = counts.true_positive + counts.false_negative;
    const int larger = std::max(positive, counts.questions() - positive);
    EXPECT_GT(counts.agreement(), static_cast<double>(larger) / counts.questions());
    EXPECT_GT(counts.precision(), 0.5);
    EXPECT_GT(counts.recall(), 0.5);
  }
}

}  // namespace
}  // namespace jupiter
