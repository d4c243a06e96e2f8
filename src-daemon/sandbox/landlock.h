// SPDX-License-Identifier: BSD-2-Clause
// Landlock, by system calls: glibc has no functions for it, and older headers know half of it.
#pragma once

#include "util/error.h"

namespace daedalus::sandbox {

/// The version of Landlock's interface that this kernel has; 0: it has none, or it was not enabled at boot.
[[nodiscard]] int landlock_version();

/// Denies the calling thread and all that it starts the file system, TCP, other processes' abstract sockets
/// and signals to others, as far as the kernel's version can. File descriptors that are open stay usable.
[[nodiscard]] util::Result<void> deny_files_and_network();

} // namespace daedalus::sandbox
