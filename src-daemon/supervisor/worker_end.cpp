// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/worker_end.h"

#include "sandbox/refused_call.h"

#include <csignal>

namespace daedalus::supervisor {

std::string describe_end(const ExitStatus& status, const statistics::WorkerPage& page) {
    if (status.exited || status.value != SIGSYS)
        return status.describe();
    // What is in the page is the worker's word: it is looked at for nothing but this line.
    const auto call = sandbox::refused_call(page.layout().refused_call);
    return "was stopped by its sandbox" + (call ? ": it called " + sandbox::call_name(*call) : "");
}

} // namespace daedalus::supervisor
