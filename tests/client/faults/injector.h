// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/file.h"

#include <functional>

namespace daedalus::client {

/**
 * Has the kernel fail whatever may fail inside of this thread's system calls: an allocation, or a copy from
 * or to its memory. Which kinds do is set in debugfs (tests/uml/cases/82-faults.sh).
 */
class FaultInjector {
  public:
    /** Throws a Skip where the kernel has none. */
    FaultInjector();

    struct Outcome {
        int result = 0;     ///< what the call returned
        bool fired = false; ///< false: it has no such point, and went as ever
    };

    /** Runs @p call with its @p nth point of failure failing, counted from 1. */
    Outcome run(unsigned nth, const std::function<int()>& call) const;

  private:
    bool set(unsigned nth) const;

    File file_;
};

} // namespace daedalus::client
