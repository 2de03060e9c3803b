#include "bench/flags/tool.h"

#include <cstdio>

#include "bench/flags/flag_set.h"
#include "kernels/base/check.h"
#include "parallel/strategies/strategy.h"

namespace jupiter {

int RunTool(const std::function<int()>& body) {
  AddBuiltInStrategies();
  try {
    return body();
  } catch (const HelpRequest& help) {
    fmt::print("{}", help.text);
    return 0;
  } catch (const UserError& error) {
    fmt::print(stderr, "jupiter: error: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "jupiter: {}\n", error.what());
    return 3;
  }
}

void PrintAll(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    FailUser("the report could not be written to stdout; is the disk full?");
  }
}

}  // namespace jupiter
