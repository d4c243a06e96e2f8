// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "util/error.h"

namespace daedalus::sandbox {

/// No capabilities, none to be had by executing anything, and no access to this process for others of its
/// user (ptrace, /proc/PID/mem, core dumps). Binds the calling thread and those that it starts.
[[nodiscard]] util::Result<void> drop_privileges();

} // namespace daedalus::sandbox
