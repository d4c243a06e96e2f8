// SPDX-License-Identifier: BSD-2-Clause
// What travels over the socket that stands in for a session fd, in tests and benchmarks.
//
// Kernel to worker: messages exactly as read(2) on a session fd returns them, one after the other. Worker to
// kernel: StandInCall, one for each ioctl. EXPORT carries a socket in SCM_RIGHTS, on which the answer comes:
// an errno value as an int, and with 0 the memory in SCM_RIGHTS.
#pragma once

#include "daedalus/protocol.h"

#include <cstdint>

namespace daedalus::bridge {

enum class StandInOperation : std::uint32_t {
    complete = 1,
    export_buffer = 2,
    flushed = 3,
    picture = 4, ///< StandInCall::picture; answered like EXPORT, with a StreamAnswer for an errno value
    stream = 5,  ///< StandInCall::stream; likewise
};

struct StandInCall {
    StandInOperation operation = StandInOperation::complete;
    std::uint32_t number = 0; ///< flags, plane or epoch
    std::uint64_t name = 0;   ///< cookie or buffer
    std::uint32_t status = 0;
    std::uint32_t reserved = 0;
    daedalus_picture picture = {};
    daedalus_stream stream = {};
};

} // namespace daedalus::bridge
