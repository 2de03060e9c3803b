#include "bench/flags/outline_flag.h"

#include <gtest/gtest.h>

#include "tests/model/loaders/checks.h"
#include "tests/model/loaders/temp_directory.h"

namespace jupiter {
namespace {

using Mode = OutlineFlag::Mode;

TEST(OutlineFlagTest, Modes) {
  EXPECT_EQ(ParseOutlineFlag("never").mode, Mode::kNever);
  EXPECT_EQ(ParseOutlineFlag("auto").mode, Mode::kAuto);
  EXPECT_EQ(ParseOutlineFlag("always").mode, Mode::kAlways);
  const OutlineFlag file = ParseOutlineFlag("file:my points.txt");
  EXPECT_EQ(file.mode, Mode::kFile);
  EXPECT_EQ(file.file, "my points.txt");
  for (const char* text : {"", "Auto", "file", "file:", "yes", "points.txt"}) {
    ExpectRefusal([&] { ParseOutlineFlag(text); },
                  {"--outline " + std::string(text), "expected auto, always, never, or file:"});
  }
}

TEST(OutlineFileTest, Points) {
  const TempDirectory directory;
  const std::string path = directory.Write("points.txt", "Pets\r\n1. Dogs\r\n 2) Cats\r\n");
  const std::vector<OutlinePoint> points = ReadOutlineFile(path, 10);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].text, "Dogs");
  EXPECT_EQ(points[1].number, 2);
  EXPECT_EQ(points[1].text, "Cats");
}

TEST(OutlineFileTest, RefusesWhatItsWriterCanMend) {
  const TempDirectory directory;
  const auto expect = [&](const std::string& text, const std::string& part) {
    const std::string path = directory.Write("points.txt", text);
    ExpectRefusal([&] { ReadOutlineFile(path, 3); }, {"--outline file:" + path, part});
  };
  expect("", "no numbered point, expected at least two; write a line");
  expect("Dogs\nCats\n", "no numbered point");
  expect("1. Dogs\n", "one numbered point");
  expect("1. Dogs\n2. Cats\n1. Fish\n", "points with the number of an earlier one: 1");
  expect("1. a\n2. b\n3. c\n4. d\n5. e\n", "5 points, expected 3 at most");
  ExpectRefusal([] { ReadOutlineFile("/no/such/file", 3); },
                {"--outline file:/no/such/file: cannot be read"});
}

}  // namespace
}  // namespace jupiter
