// SPDX-License-Identifier: BSD-2-Clause
// What a supervisor writes down about a session for the one after it.
#pragma once

#include "statistics/session_totals.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include "daedalus/protocol.h"

#include <cstdint>
#include <type_traits>

namespace daedalus::supervisor {

/// In a memory file, byte for byte: both supervisors run on one machine. One that another version has written
/// is not read.
struct SessionRecord {
    daedalus_session_info info;
    std::uint64_t since_us;         ///< CLOCK_MONOTONIC
    std::uint64_t counted_since_us; ///< likewise
    std::uint64_t idle_since_us;    ///< likewise; 0: it does not wait
    std::int64_t worker_pid;        ///< 0: it has none
    statistics::SessionTotals totals;
};
static_assert(std::is_trivially_copyable_v<SessionRecord>);

/// Writes the record, to a new file where `fd` is none yet. Errors: those of memfd_create and pwrite.
util::Result<void> write_record(util::UniqueFd& fd, const SessionRecord& record);

/// EINVAL: this is not a record of this version.
[[nodiscard]] util::Result<SessionRecord> read_record(const util::UniqueFd& fd);

} // namespace daedalus::supervisor
