// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "statistics/worker_page.h"
#include "supervisor/child_process.h"

#include <string>

namespace daedalus::supervisor {

/// How a worker ended, for the log: as ExitStatus::describe(), but of one that its sandbox stopped the system
/// call is named.
[[nodiscard]] std::string describe_end(const ExitStatus& status, const statistics::WorkerPage& page);

} // namespace daedalus::supervisor
