// What is declared of a flag decides what is refused, what can change a number, and how messages
// name it.
#include "bench/flags/flag_set.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

using FlagValues = std::vector<std::pair<std::string, std::string>>;

// A program with flags of every kind.
struct TestedFlags {
  std::string wire = "f32";
  std::optional<std::string> layers;
  int tokens = 64;
  std::optional<int> length;
  std::int64_t positions = 5;
  std::uint64_t seed = 0;
  float temperature = 0;
  double seconds = 1.5;
  std::vector<std::string> strategies = {"a", "b"};
  bool overlap = true;
  std::string out;
  FlagSet set{"program", "What it does."};

  TestedFlags() {
    set.Add("--wire", wire, "type");
    set.Add("--layers", layers, "layers");
    set.Add("-n,--n-gen,--tokens", tokens, "tokens").AtLeast(1);
    set.Add("--length", length, "length").Between(1, 8);
    set.Add("--positions", positions, "positions");
    set.Add("--seed", seed, "seed")
        .ActsIf([this] { return temperature != 0; }, "is for --temperature above 0");
    set.Add("--temperature", temperature, "temperature");
    set.Add("--seconds", seconds, "seconds").FitsEveryJob();
    set.Add("-s,--strategy,--strategies", strategies, "strategies").SelectsRows();
    set.AddSwitch("--overlap,!--no-overlap", overlap, "overlap").ActsUnless([this] {
      return wire == "f16" ? "with --wire f16: no; use f32" : "";
    });
    set.Add("--out", out, "folder").ChangesNoNumber();
  }

  void Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    set.Parse(static_cast<int>(arguments.size()), arguments.data());
  }
};

std::string FlagError(const std::vector<const char*>& arguments) {
  try {
    TestedFlags().Parse(arguments);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(FlagSetTest, SetsVariablesOfEveryKind) {
  TestedFlags program;
  program.Parse({"--wire", "f16", "--layers=3,3", "-n4", "--length", "8", "--positions",
                 "-9000000000", "--seed", "18446744073709551615", "--temperature", "0.5",
                 "--seconds", "1e-3", "--strategies", "x,y", "--out", "folder"});
  EXPECT_EQ(program.wire, "f16");
  EXPECT_EQ(program.layers, "3,3");
  EXPECT_EQ(program.tokens, 4);
  EXPECT_EQ(program.length, 8);
  EXPECT_EQ(program.positions, -9'000'000'000);
  EXPECT_EQ(program.seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(program.temperature, 0.5F);
  EXPECT_EQ(program.seconds, 1e-3);
  EXPECT_EQ(program.strategies, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(program.out, "folder");
  TestedFlags other;
  other.Parse({"--no-overlap"});
  EXPECT_FALSE(other.overlap);
  EXPECT_EQ(other.tokens, 64);
}

TEST(FlagSetTest, RefusesWhatCannotAct) {
  EXPECT_EQ(FlagError({"--seed", "3"}), "--seed 3 is for --temperature above 0; leave it out");
  EXPECT_EQ(FlagError({"--seed", "0"}), "--seed 0 is for --temperature above 0; leave it out");
  EXPECT_EQ(FlagError({"--seed", "3", "--temperature", "1"}), "no error");
  EXPECT_EQ(FlagError({"--no-overlap", "--wire", "f16"}),
            "--no-overlap with --wire f16: no; use f32, or leave it out");
  EXPECT_EQ(FlagError({"--wire", "f16"}), "no error");
}

TEST(FlagSetTest, RefusesNumbersThatWouldBecomeOthers) {
  EXPECT_EQ(FlagError({"--temperature", "1", "--seed", "18446744073709551616"}),
            "--seed 18446744073709551616: expected a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(FlagError({"--tokens", "2147483648"}),
            "--tokens 2147483648: expected a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(FlagError({"--positions", "9223372036854775808"}),
            "--positions 9223372036854775808: expected a whole number from -9223372036854775808 to "
            "9223372036854775807");
  EXPECT_EQ(FlagError({"--temperature", "1e-60"}),
            "--temperature 1e-60: expected a number; this one is too large or too close to 0");
  EXPECT_EQ(FlagError({"--seconds", "1e400"}),
            "--seconds 1e400: expected a number; this one is too large or too close to 0");
  for (const char* text : {"x", "1e3", "0x10", "1.5", " 1", "1 ", "+1"}) {
    EXPECT_EQ(FlagError({"--tokens", text}),
              std::string("--tokens ") + text + ": expected a whole number");
  }
}

TEST(FlagSetTest, NamesAFlagAsItWasTyped) {
  EXPECT_EQ(FlagError({"--tokens", "0"}), "--tokens is 0, expected at least 1");
  EXPECT_EQ(FlagError({"--n-gen=0"}), "--n-gen is 0, expected at least 1");
  EXPECT_EQ(FlagError({"-n0"}), "-n is 0, expected at least 1");
  EXPECT_EQ(FlagError({"--length", "9"}), "--length is 9, expected 1 to 8");
  EXPECT_EQ(FlagError({"--wire", ""}), "--wire is empty; give it a value, or leave it out");
  EXPECT_EQ(FlagError({"--tokens", "2", "-n3"}),
            "--n-gen, --tokens, -n are one flag, which is given 2 times; give it once");
}

TEST(FlagSetTest, SaysWhatIsWrongWithTheCommandLine) {
  EXPECT_EQ(FlagError({"--wyre", "f16"}),
            "program has no flag --wyre; did you mean --wire? (see --help)");
  EXPECT_EQ(FlagError({"--out", "x", "--lots-of-things=3"}),
            "program has no flag --lots-of-things (see --help)");
  EXPECT_EQ(FlagError({"-x"}), "program has no flag -x (see --help)");
  EXPECT_EQ(
      FlagError({"--wire", "f16", "upon", "a"}),
      "upon stands alone: it belongs to no flag; put text with spaces in quotes (see --help)");
  EXPECT_EQ(FlagError({"--wire", "f16", "--wire", "f32"}), "--wire is given 2 times; give it once");
  EXPECT_EQ(FlagError({"--strategy", "x", "--strategy", "y"}), "no error");
  EXPECT_EQ(FlagError({"--overlap", "--no-overlap"}),
            "--overlap, --no-overlap are one flag, which is given 2 times; give it once");
  EXPECT_EQ(FlagError({"--overlap=maybe"}),
            "--overlap maybe: takes no value; leave that out (see --help)");
  const std::string advice = "; give it one, or leave it out (see --help)";
  EXPECT_EQ(FlagError({"--tokens"}), "--tokens has no value" + advice);
  EXPECT_EQ(FlagError({"--out", "--no-overlap"}),
            "--out has no value, --no-overlap follows" + advice);
  EXPECT_EQ(FlagError({"-n", "--seed=3"}), "-n has no value, --seed=3 follows" + advice);
  EXPECT_EQ(FlagError({"--seed=", "--temperature", "1"}),
            "--seed is empty; give it a value, or leave it out");
  EXPECT_EQ(FlagError({"--out=--wire"}), "no error");
}

TEST(FlagSetTest, RanksAgreeOnWhatIsDeclaredSo) {
  std::string draft = "none";
  std::string record;
  int tokens = 3;
  FlagSet set("program", "What it does.");
  set.Add("--draft", draft, "of all").SameOnAllRanks();
  set.Add("--record", record, "a rank's own file").OnAllRanksOrNone();
  set.Add("--tokens", tokens, "of the source");
  EXPECT_EQ(set.ForAllRanks(), (FlagValues{{"--draft", "none"}, {"--record", "not given"}}));
  const char* const arguments[] = {"program", "--record", "here", "--draft", "ngram"};
  set.Parse(5, arguments);
  EXPECT_EQ(set.ForAllRanks(), (FlagValues{{"--draft", "ngram"}, {"--record", "given"}}));
}

TEST(FlagSetTest, EveryFlagCanChangeANumberUnlessItSaysNo) {
  TestedFlags program;
  program.Parse({"--out", "folder", "-s", "x", "--no-overlap"});
  EXPECT_EQ(program.set.Values(), (FlagValues{{"--wire", "f32"},
                                              {"--layers", ""},
                                              {"--n-gen", "64"},
                                              {"--length", ""},
                                              {"--positions", "5"},
                                              {"--seed", "0"},
                                              {"--temperature", "0"},
                                              {"--seconds", "1.5"},
                                              {"--overlap", "false"}}));
  EXPECT_EQ(program.set.given(), (std::set<std::string>{"--out", "--strategy", "--overlap"}));
}

TEST(FlagSetTest, WhatSaysNothingOfTheJobFitsEveryOne) {
  TestedFlags program;
  for (const auto& [name, fits] : {std::pair{"--wire", false}, std::pair{"--seconds", true},
                                   std::pair{"--strategy", false}, std::pair{"--out", true}}) {
    EXPECT_EQ(program.set.Find(name).fits_every_job(), fits) << name;
  }
  EXPECT_FALSE(program.set.Find("--seconds").changes_no_number());
  EXPECT_TRUE(program.set.Find("--out").changes_no_number());
}

TEST(FlagSetTest, HelpHasEveryNameAndDefault) {
  try {
    TestedFlags().Parse({"--help"});
    FAIL() << "no help";
  } catch (const HelpRequest& help) {
    for (const char* text :
         {"What it does.", "-n,--n-gen,--tokens INT=64", "--wire TEXT=f32", "--no-overlap"}) {
      EXPECT_NE(help.text.find(text), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace jupiter
