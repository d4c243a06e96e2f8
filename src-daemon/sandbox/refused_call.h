// SPDX-License-Identifier: BSD-2-Clause
// Which system call it was that a worker died of.
#pragma once

#include "util/error.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace daedalus::sandbox {

/// A number in memory that the supervisor reads when the worker is dead: that of the call and one more, 0 for
/// none. The worker could write anything into it, so it is good for a line in the log and for nothing else.
using RefusedCallCell = std::atomic<std::uint64_t>;

/// From now on a call that the filter refuses leaves its number in `cell`, if there is one, before the
/// process dies of it by SIGSYS.
[[nodiscard]] util::Result<void> report_refused_calls(RefusedCallCell* cell);

/// What was left in the cell.
[[nodiscard]] std::optional<int> refused_call(const RefusedCallCell& cell);

/// "openat", or "system call 12345" for one without a name.
[[nodiscard]] std::string call_name(int number);

} // namespace daedalus::sandbox
