// On which cores this process may run.
#pragma once

namespace jupiter {

// By default Open MPI binds one or two ranks to a core each, and every thread of a rank would share
// that core. Lifts such a binding to all cores the system grants; one that the user chose (mpirun
// --bind-to ...) stays. Call it before threads start: they inherit it.
void LiftDefaultBinding();

}  // namespace jupiter
