// SPDX-License-Identifier: BSD-2-Clause
#include "util/fd_passing.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace daedalus::util {
namespace {

struct ControlBuffer {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes = {};
};

} // namespace

Result<void> send_with_fd(int socket, std::span<const std::byte> data, int fd) {
    while (!data.empty()) {
        iovec vector = {const_cast<std::byte*>(data.data()), data.size()};
        ControlBuffer control;
        msghdr message = {};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        if (fd >= 0) {
            message.msg_control = control.bytes.data();
            message.msg_controllen = control.bytes.size();
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
        }
        const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail_errno("cannot send to the other end of a socket");
        fd = -1;
        data = data.subspan(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<UniqueFd> receive_with_fd(int socket, std::span<std::byte> data) {
    UniqueFd received;
    while (!data.empty()) {
        iovec vector = {data.data(), data.size()};
        ControlBuffer control;
        msghdr message = {};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
        const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_errno("cannot receive from the other end of a socket");
        if (size == 0)
            return fail(ECONNRESET, "the other end of a socket has gone");
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
                continue;
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof(int));
            received.reset(fd);
        }
        data = data.subspan(static_cast<std::size_t>(size));
    }
    return received;
}

} // namespace daedalus::util
