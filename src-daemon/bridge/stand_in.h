// SPDX-License-Identifier: BSD-2-Clause
// What travels over the socket that stands in for a session fd, in tests and benchmarks.
//
// Kernel to worker: messages exactly as read(2) on a session fd returns them, one after the other. Worker to
// kernel: StandInCall, one for each ioctl. EXPORT carries a socket in SCM_RIGHTS, on which the answer comes:
// an errno value as an int, and with 0 the memory in SCM_RIGHTS.
#pragma once

#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::bridge {

enum class StandInOperation : std::uint32_t {
    complete = 1,
    export_buffer = 2,
    flushed = 3,
};

struct StandInCall {
    StandInOperation operation = StandInOperation::complete;
    std::uint32_t number = 0; ///< flags, plane or epoch
    std::uint64_t name = 0;   ///< cookie or buffer
    std::uint32_t status = 0;
    std::uint32_t reserved = 0;
};

/// Sends all of `data`, and `fd` with its first byte unless it is -1.
util::Result<void> send_with_fd(int socket, std::span<const std::byte> data, int fd);

/// Receives exactly `data.size()` bytes, blocking, and the fd that came with them if there was one.
/// ECONNRESET: the other side has gone.
util::Result<util::UniqueFd> receive_with_fd(int socket, std::span<std::byte> data);

} // namespace daedalus::bridge
