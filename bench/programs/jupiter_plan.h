// jupiter_plan as a function: for programs that add strategies of their own first.
// See docs/extend.md.
#pragma once

namespace jupiter {

// What main does; returns the exit code.
int PlanMain(int argc, char** argv);

}  // namespace jupiter
