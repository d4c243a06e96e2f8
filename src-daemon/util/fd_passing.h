// SPDX-License-Identifier: BSD-2-Clause
// File descriptors from one process to another, over a unix socket.
#pragma once

#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <span>

namespace daedalus::util {

/// Sends all of `data`, and `fd` with its first byte unless it is -1.
Result<void> send_with_fd(int socket, std::span<const std::byte> data, int fd);

/// Receives exactly `data.size()` bytes, blocking, and the fd that came with them if there was one.
/// ECONNRESET: the other side has gone.
Result<UniqueFd> receive_with_fd(int socket, std::span<std::byte> data);

} // namespace daedalus::util
