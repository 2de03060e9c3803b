// jupiter_run as a function: for programs that add strategies of their own first.
// See docs/extend.md.
#pragma once

namespace jupiter {

// What main does; returns the exit code.
int RunMain(int argc, char** argv);

}  // namespace jupiter
