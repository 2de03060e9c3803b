#include "tests/parallel/mpi_main.h"

#include <gtest/gtest.h>

#include "kernels/base/check.h"
#include "parallel/strategies/strategy.h"
#include "parallel/transport/last_words.h"

namespace jupiter {
namespace {

Context* test_context = nullptr;

// Tells failures of ranks other than 0, whose usual output is off.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    WriteLine(fmt::format("{}: {}:{}: {}", test_context->Describe(test_context->rank()),
                          result.file_name() == nullptr ? "?" : result.file_name(),
                          result.line_number(), result.summary()));
  }
};

int RunTests() {
  if (test_context->rank() != 0) {
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  return RUN_ALL_TESTS();
}

}  // namespace

Context& TestContext() { return *test_context; }

}  // namespace jupiter

int main(int argc, char** argv) {
  jupiter::Context context(&argc, &argv);
  context.set_deadline_seconds(30);
  jupiter::test_context = &context;
  jupiter::AddBuiltInStrategies();
  testing::InitGoogleTest(&argc, argv);
  return jupiter::RunBody(context, jupiter::RunTests);
}
