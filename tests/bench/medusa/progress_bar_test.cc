#include "bench/medusa/progress_bar.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace jupiter {
namespace {

const std::string kFull(30, '#');
const std::string kHalf = std::string(15, '#') + std::string(15, ' ');
const std::string kEmpty(30, ' ');

TEST(ProgressBarTest, IsAsFullAsTheWorkIsDone) {
  EXPECT_EQ(DrawBar("work", 0, 200, "a"), "work [" + kEmpty + "]   0 % (a)");
  EXPECT_EQ(DrawBar("work", 100, 200, "b"), "work [" + kHalf + "]  50 % (b)");
  EXPECT_EQ(DrawBar("work", 199, 200, "c").substr(36), "]  99 % (c)");
  EXPECT_EQ(DrawBar("work", 200, 200, "d"), "work [" + kFull + "] 100 % (d)");
  EXPECT_EQ(DrawBar("work", 0, 0, ""), "work [" + kFull + "] 100 % ()");
}

TEST(ProgressBarTest, SaysNoMoreThanTenthsToAFile) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("work", 1000);
    for (int done = 0; done <= 1000; ++done) bar.Show(done, "x");
  }
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 11);
  EXPECT_EQ(lines.find('\r'), std::string::npos);
}

}  // namespace
}  // namespace jupiter
