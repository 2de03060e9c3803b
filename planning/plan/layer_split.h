// Simple layer splits, for use without profiles and for comparison with the planners.
#pragma once

#include <vector>

namespace jupiter {

// Layers per rank as even as possible, earlier ranks take the remainder.
std::vector<int> EqualLayers(int layers, int ranks);

// Layers per rank in proportion to speed (any unit, all positive), by largest remainder; the
// slowest rank may end up with none.
std::vector<int> ProportionalLayers(int layers, const std::vector<double>& speeds);

}  // namespace jupiter
