// SPDX-License-Identifier: BSD-2-Clause
#include "control/peer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace daedalus::control {
namespace {

/// The supplementary groups. A process may have up to 65536 of them; the kernel tells the size it needs.
util::Result<std::vector<gid_t>> read_groups(int fd) {
    std::vector<gid_t> groups(64);
    for (;;) {
        auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
            groups.resize(length / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE || length <= groups.size() * sizeof(gid_t))
            return util::fail_errno("cannot read the groups of a control client");
        groups.resize(length / sizeof(gid_t));
    }
}

} // namespace

util::Result<Peer> read_peer(int fd) {
    struct ucred credentials {};
    socklen_t length = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return util::fail_errno("cannot read who a control client is");
    auto groups = read_groups(fd);
    if (!groups)
        return std::unexpected(groups.error());
    groups->push_back(credentials.gid);
    return Peer{.uid = credentials.uid, .pid = credentials.pid, .groups = std::move(*groups)};
}

Access access_of(const Peer& peer, uid_t service_user, std::optional<gid_t> reader_group) {
    if (peer.uid == 0)
        return Access::change;
    if (peer.uid == service_user ||
        (reader_group && std::ranges::find(peer.groups, *reader_group) != peer.groups.end()))
        return Access::read;
    return Access::none;
}

} // namespace daedalus::control
