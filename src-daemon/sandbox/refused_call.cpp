// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/refused_call.h"

#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <limits>
#include <memory>

namespace daedalus::sandbox {
namespace {

constexpr int sent_by_filter = 1; // SYS_SECCOMP, which the headers of bookworm lack

RefusedCallCell* report_cell = nullptr;

// The kernel does not execute a refused call: it sends SIGSYS, and by the time that anything runs again it is
// this. The filter lets nobody replace it. It ends by another refused call, ptrace: as SIGSYS is blocked now,
// the kernel does not come back here but ends the process, whatever its memory looks like.
void on_refused_call(int /*signal*/, siginfo_t* info, void* /*context*/) {
    if (report_cell != nullptr && info->si_code == sent_by_filter) {
        std::uint64_t none = 0; // the first one counts, when threads make several at a time
        report_cell->compare_exchange_strong(none, static_cast<std::uint64_t>(info->si_syscall) + 1);
    }
    syscall(SYS_ptrace, 0, 0, 0, 0);
    std::abort(); // the signal came from elsewhere, and there is no filter yet
}

} // namespace

util::Result<void> report_refused_calls(RefusedCallCell* cell) {
    static_assert(RefusedCallCell::is_always_lock_free);
    report_cell = cell;
    struct sigaction action = {};
    action.sa_sigaction = on_refused_call;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, nullptr) != 0)
        return util::fail_errno("cannot prepare for refused system calls");
    return {};
}

std::optional<int> refused_call(const RefusedCallCell& cell) {
    const std::uint64_t value = cell.load(std::memory_order_relaxed);
    if (value == 0 || value > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
        return std::nullopt;
    return static_cast<int>(value - 1);
}

std::string call_name(int number) {
    const std::unique_ptr<char, void (*)(void*)> name(
        seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number), std::free);
    return name ? name.get() : "system call " + std::to_string(number);
}

} // namespace daedalus::sandbox
