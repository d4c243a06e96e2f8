// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "statistics/worker_page.h"
#include "supervisor/child_process.h"

#include <string>

namespace daedalus::supervisor {

/// What the worker itself has said of its end, for one that was not our child and whose status is not known.
/// It is believed as much as an exit status would be, which is the worker's word as well.
[[nodiscard]] ExitStatus learn_end(const ExitStatus& status, const statistics::WorkerPage& page);

/// How a worker ended, for the log: as ExitStatus::describe(), but of one that its sandbox stopped the system
/// call is named.
[[nodiscard]] std::string describe_end(const ExitStatus& status, const statistics::WorkerPage& page);

} // namespace daedalus::supervisor
