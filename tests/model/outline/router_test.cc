// Questions of our own, for each rule of the table.
#include "model/outline/router.h"

#include <gtest/gtest.h>

#include "model/outline/question_words.h"

namespace jupiter {
namespace {

std::string Verdict(std::string_view question) {
  const RouterVerdict verdict = RouteQuestion(question);
  return std::string(verdict.outline ? "yes: " : "no: ") + std::string(verdict.reason);
}

TEST(RouterTest, NoToCode) {
  for (const char* question :
       {"Write a Python function that reverses a list.", "Could you implement quicksort?",
        "Why does this fail?\n```\nint main() {}\n```", "Create a web page with a login form.",
        "What does `#include <vector>` do?", "Help me debug a SQL query that returns nothing.",
        "Explain this: for (i = 0; i < n; ++i) { sum += a[i]; }"}) {
    EXPECT_EQ(Verdict(question), "no: code") << question;
  }
}

TEST(RouterTest, NoToMathematics) {
  for (const char* question :
       {"Solve for y: y is half of ten.", "What is 17 * 23?", "Find x if 2x + 6 = 14.",
        "Please calculate the area of a circle.", "Prove that there are infinitely many primes.",
        "What is the probability that two dice show a seven?"}) {
    EXPECT_EQ(Verdict(question), "no: mathematics") << question;
  }
  EXPECT_EQ(Verdict("How many litres are in a barrel?"), "no: a quantity");
}

TEST(RouterTest, NoToStepByStep) {
  for (const char* question :
       {"How do magnets work?", "Explain step by step how to fold a paper crane.",
        "Solve this riddle about three doors."}) {
    EXPECT_FALSE(RouteQuestion(question).outline) << question;
  }
  EXPECT_EQ(Verdict("Describe how yeast ferments, step by step."), "no: step by step");
  EXPECT_EQ(Verdict("How does a fridge work?"), "no: how something works");
}

TEST(RouterTest, NoToTextsProseRolesAndFacts) {
  EXPECT_EQ(Verdict("Translate this into French: good morning"), "no: a given text");
  EXPECT_EQ(Verdict(std::string(5000, 'a')), "no: a given text");
  EXPECT_EQ(Verdict("Write a short poem on autumn."), "no: one piece of prose");
  EXPECT_EQ(Verdict("Pretend to be a pirate and greet me."), "no: a role to play");
  EXPECT_EQ(Verdict("Is tea better than coffee?"), "no: yes or no, this or that");
  EXPECT_EQ(Verdict("Who painted the Mona Lisa?"), "no: a single fact");
  EXPECT_EQ(Verdict(""), "no: nothing speaks for an outline");
  EXPECT_EQ(Verdict("Pourquoi le ciel est-il bleu ?"), "no: nothing speaks for an outline");
}

TEST(RouterTest, YesToSeveralParts) {
  for (const char* question :
       {"What are the advantages of trains over planes?",
        "Give me some tips for learning the piano.", "What are the main causes of soil erosion?"}) {
    EXPECT_EQ(Verdict(question), "yes: several things asked for") << question;
  }
  for (const char* question :
       {"Why do cities grow along rivers?", "How can I sleep better?",
        "What if winters had no snow?", "Please, could you describe life in a monastery?"}) {
    EXPECT_EQ(Verdict(question), "yes: an open question") << question;
  }
}

TEST(RouterTest, CaseAndPunctuationDoNotCount) {
  for (const char* question : {"WHY DO CITIES GROW ALONG RIVERS", "why   do cities grow?",
                               "  why do cities grow ...", "\"Why do cities grow?\""}) {
    EXPECT_TRUE(RouteQuestion(question).outline) << question;
  }
}

TEST(QuestionWordsTest, WholeWordsAndSentences) {
  const QuestionWords words("Please, can you: tell me WHY 3.5 m? Then explain it.");
  EXPECT_TRUE(words.Has("tell me why"));
  EXPECT_TRUE(words.Has("^ tell"));
  EXPECT_TRUE(words.Has("^ explain"));
  EXPECT_FALSE(words.Has("tel"));
  EXPECT_FALSE(words.Has("^ why"));
  EXPECT_FALSE(words.Has("me tell"));
}

TEST(QuestionWordsTest, Arithmetic) {
  for (const char* text : {"3+4", "x = 5", "2 * (a)", "y=x", "10 < 12", "n^2 + 1 ="}) {
    EXPECT_TRUE(HasArithmetic(text)) << text;
  }
  for (const char* text :
       {"C++", "vitamins A + B", "R&D", "-> there", "+", "=", "", "10-12 years", "a < b"}) {
    EXPECT_FALSE(HasArithmetic(text)) << text;
  }
}

}  // namespace
}  // namespace jupiter
