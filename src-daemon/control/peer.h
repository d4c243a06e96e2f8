// SPDX-License-Identifier: BSD-2-Clause
// Who is at the other end of a control connection, and what that one may do.
#pragma once

#include "util/error.h"

#include <sys/types.h>

#include <optional>
#include <vector>

namespace daedalus::control {

enum class Access {
    none,
    read,   ///< methods that change nothing
    change, ///< all methods
};

/// The process that connected, as the kernel knew it at that moment.
struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    pid_t pid = 0;
    std::vector<gid_t> groups; ///< its group and its supplementary groups
};

/// Asks the kernel about the peer of a connected unix socket. Errors: those of getsockopt.
[[nodiscard]] util::Result<Peer> read_peer(int fd);

/// Root may change; `service_user` and members of `reader_group` may read; others nothing.
[[nodiscard]] Access access_of(const Peer& peer, uid_t service_user, std::optional<gid_t> reader_group);

} // namespace daedalus::control
