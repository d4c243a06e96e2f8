// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace daedalus::sandbox {
namespace {

/// As a service a worker has none, and may not call capset; started by root, as in tests, it has all.
util::Result<void> drop_capabilities() {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> held = {};
    if (syscall(SYS_capget, &header, held.data()) != 0)
        return util::fail_errno("cannot read its own capabilities");
    if (std::ranges::none_of(held, [](const __user_cap_data_struct& part) {
            return (part.effective | part.permitted | part.inheritable) != 0;
        }))
        return {};
    held = {};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, held.data()) != 0)
        return util::fail_errno("cannot give up capabilities");
    return {};
}

} // namespace

util::Result<void> drop_privileges() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return util::fail_errno("cannot give up new privileges");
    if (auto dropped = drop_capabilities(); !dropped)
        return dropped;
    // Last: workers of other sessions run as the same user.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return util::fail_errno("cannot keep other processes out");
    return {};
}

} // namespace daedalus::sandbox
