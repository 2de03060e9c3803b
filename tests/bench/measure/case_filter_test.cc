// Which names a filter selects, in the words of Google Benchmark.
#include "bench/measure/case_filter.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"

namespace jupiter {
namespace {

constexpr const char* kName = "real/synthetic:tiny/jupiter/pp16/tg3";

TEST(CaseFilterTest, LooksForTheExpressionAnywhere) {
  for (const char* filter : {"", "all", ".", "jupiter", "^real/", "tg3$", "pp(16|32)/", "-galaxy",
                             "/[a-z]+/pp16/tg3$", "^real/synthetic:tiny/jupiter/pp16/tg3$"}) {
    EXPECT_TRUE(CaseFilter(filter).Selects(kName)) << filter;
  }
  for (const char* filter : {"galaxy", "tg$", "^jupiter", "tg3$.", "-jupiter", "-tg3$"}) {
    EXPECT_FALSE(CaseFilter(filter).Selects(kName)) << filter;
  }
}

TEST(CaseFilterTest, RefusesWhatIsNoExpression) {
  for (const char* filter : {"(", "a[", "-("})
    EXPECT_THROW(CaseFilter{filter}, UserError) << filter;
}

}  // namespace
}  // namespace jupiter
