// One line on stderr that says how far a long piece of work is.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/base/clock.h"

namespace jupiter {

// "name [#####     ]  50 % (note)" of a bar of 30 characters.
std::string DrawBar(const std::string& name, std::int64_t done, std::int64_t total,
                    const std::string& note);

// On a terminal the line is drawn again and again; elsewhere it is printed at every tenth of the
// work.
class ProgressBar {
 public:
  ProgressBar(std::string name, std::int64_t total);
  // Ends the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `note`: a few words after the bar, such as the loss.
  void Show(std::int64_t done, const std::string& note);

 private:
  std::string name_;
  std::int64_t total_;
  bool terminal_;
  std::int64_t shown_ = -1;  // tenths, or, on a terminal, percents
  double start_ = Now();
};

}  // namespace jupiter
