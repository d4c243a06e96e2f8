// SPDX-License-Identifier: BSD-2-Clause
// Locks a worker up before it looks at video. docs/security.md tells what that is good for.
//
// In two steps, since Landlock, limits and capabilities bind the thread that asks and those that it starts
// later, while threads can't be started any more once the door is closed:
//
//     load libraries; give_up_access(); open the decoder, which starts its threads; close_door(); read video
#pragma once

#include "sandbox/refused_call.h"
#include "sandbox/resource_limits.h"
#include "util/error.h"

#include <string>
#include <vector>

namespace daedalus::sandbox {

/// First step, while the process has one thread: no new privileges, no capabilities, no files, no network,
/// limits on memory and file descriptors, nobody of the same user may look into the process. Standard input
/// and output become /dev/null. A kernel without Landlock is no error, see landlock_version().
[[nodiscard]] util::Result<void> give_up_access(const Limits& limits);

/// What is left behind the door.
struct Door {
    std::vector<int> keep = {};        ///< file descriptors beside 0 to 2; all others are closed
    bool gpu = false;                  ///< a GPU's driver is used: see load_call_filter()
    RefusedCallCell* report = nullptr; ///< where the number of a refused call is left; none: nowhere
    /// Names of further system calls, for tests whose session is a socket. A worker has none.
    std::vector<std::string> more_calls = {};
};

/// Second step, once all threads run: no further threads or processes, and of system calls only those of
/// call_filter.cpp, for all threads. Any other ends the process by SIGSYS. For ever.
[[nodiscard]] util::Result<void> close_door(const Door& door);

} // namespace daedalus::sandbox
