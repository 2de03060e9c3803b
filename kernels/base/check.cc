#include "kernels/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace jupiter {

void CheckFailed(const char* condition, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "jupiter: internal error at %s:%d: CHECK(%s) failed%s%s\n", file, line,
               condition, detail.empty() ? "" : ": ", detail.c_str());
  std::abort();
}

}  // namespace jupiter
