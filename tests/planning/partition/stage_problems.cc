#include "tests/planning/partition/stage_problems.h"

namespace jupiter {

void ForEachComposition(int sum, int parts, int least,
                        const std::function<void(const std::vector<int>&)>& visit) {
  std::vector<int> numbers;
  const std::function<void(int)> extend = [&](int left) {
    const int open = parts - static_cast<int>(numbers.size());
    if (open == 1) {
      if (left < least) return;
      numbers.push_back(left);
      visit(numbers);
      numbers.pop_back();
      return;
    }
    for (int number = least; number <= left; ++number) {
      numbers.push_back(number);
      extend(left - number);
      numbers.pop_back();
    }
  };
  extend(sum);
}

}  // namespace jupiter
