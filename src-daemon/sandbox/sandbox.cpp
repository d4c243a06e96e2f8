// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sandbox.h"

#include "sandbox/call_filter.h"
#include "sandbox/descriptors.h"
#include "sandbox/landlock.h"
#include "sandbox/privileges.h"

#include <malloc.h>

namespace daedalus::sandbox {
namespace {

/// With more than one arena glibc's malloc opens files at times: /proc/sys/vm/overcommit_memory when it first
/// gives memory back, /sys/devices/system/cpu/online when it counts CPUs. Pictures come from pools and the
/// rest from per-thread caches, so one will do.
void keep_malloc_off_files() {
    mallopt(M_ARENA_MAX, 1);
}

} // namespace

util::Result<void> give_up_access(const Limits& limits) {
    keep_malloc_off_files();
    if (auto detached = detach_standard_streams(); !detached)
        return detached;
    if (auto limited = limit_resources(limits); !limited)
        return limited;
    if (auto dropped = drop_privileges(); !dropped)
        return dropped;
    // Kernels without it leave the work to the filter.
    if (landlock_version() > 0)
        return deny_files_and_network();
    return {};
}

util::Result<void> close_door(const Door& door) {
    if (auto closed = close_all_but(door.keep); !closed)
        return closed;
    if (auto limited = forbid_processes(); !limited)
        return limited;
    if (auto reporting = report_refused_calls(door.report); !reporting)
        return reporting;
    return load_call_filter(door.gpu, door.more_calls);
}

} // namespace daedalus::sandbox
