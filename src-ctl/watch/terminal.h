// SPDX-License-Identifier: BSD-2-Clause
// The terminal while `daedalusctl watch` owns it.
#pragma once

#include <termios.h>

#include <string>

namespace daedalus::ctl {

/// Keys come one by one and unseen, the screen is another one; the destructor brings everything back, as does
/// a signal that ends the program.
class Terminal {
  public:
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    /// Replaces what is shown.
    static void show(const std::string& screen);
    /// Lines and columns, now.
    static unsigned height();
    static unsigned width();
};

} // namespace daedalus::ctl
