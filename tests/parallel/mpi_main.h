// The main of tests that run on several ranks: every rank runs every test, in the same order.
#pragma once

#include "parallel/transport/context.h"

namespace jupiter {

// The context of this process. A rank that a failed assertion lets down is reported after 30 s.
Context& TestContext();

}  // namespace jupiter
