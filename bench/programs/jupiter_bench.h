// jupiter_bench as a function: for programs that add strategies of their own first.
// See docs/extend.md.
#pragma once

namespace jupiter {

// What main does; returns the exit code.
int BenchMain(int argc, char** argv);

}  // namespace jupiter
