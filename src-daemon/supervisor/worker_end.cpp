// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_end.h"

#include "sandbox/refused_call.h"

#include <csignal>

namespace daedalus::supervisor {

ExitStatus learn_end(const ExitStatus& status, const statistics::WorkerPage& page) {
    const std::uint64_t ended = page.layout().ended.load(std::memory_order_relaxed);
    constexpr std::uint64_t last_status = 255;
    if (status.known || ended == 0 || ended - 1 > last_status)
        return status;
    return {.exited = true, .value = static_cast<int>(ended - 1)};
}

std::string describe_end(const ExitStatus& status, const statistics::WorkerPage& page) {
    // What is in the page is the worker's word: it is looked at for nothing but this line.
    const auto call = sandbox::refused_call(page.layout().refused_call);
    const bool stopped = status.known ? !status.exited && status.value == SIGSYS : call.has_value();
    if (!stopped)
        return status.describe();
    return "was stopped by its sandbox" + (call ? ": it called " + sandbox::call_name(*call) : "");
}

} // namespace daedalus::supervisor
