// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/resource_limits.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace daedalus::sandbox {
namespace {

util::Result<void> limit(__rlimit_resource resource, const char* what, rlim_t value) {
    rlimit present = {};
    if (getrlimit(resource, &present) != 0)
        return util::fail_errno(std::string("cannot read the limit of ") + what);
    const rlim_t lowered = std::min(value, present.rlim_max);
    const rlimit wanted = {lowered, lowered};
    if (setrlimit(resource, &wanted) != 0)
        return util::fail_errno(std::string("cannot limit ") + what);
    return {};
}

/// Then it is the one file that a worker may write to, and a limit would end the worker at its first line.
bool logs_to_a_file() {
    struct stat status = {};
    return fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

} // namespace

util::Result<void> limit_resources(const Limits& limits) {
    // RLIMIT_DATA, not RLIMIT_AS: a client's buffers are mapped here, and how many it has is the kernel's
    // affair.
    if (limits.memory_bytes != 0)
        if (auto limited = limit(RLIMIT_DATA, "memory", limits.memory_bytes); !limited)
            return limited;
    if (auto limited = limit(RLIMIT_NOFILE, "open files", limits.open_files); !limited)
        return limited;
    if (auto limited = limit(RLIMIT_CORE, "core dumps", 0); !limited)
        return limited;
    if (auto limited = limit(RLIMIT_MEMLOCK, "locked memory", 0); !limited)
        return limited;
    if (!logs_to_a_file())
        return limit(RLIMIT_FSIZE, "written files", 0);
    return {};
}

util::Result<void> forbid_processes() {
    return limit(RLIMIT_NPROC, "processes", 0);
}

} // namespace daedalus::sandbox
