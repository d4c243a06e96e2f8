// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/socket_channel.h"

#include "util/fd_passing.h"

#include <sys/socket.h>

#include <cstring>

namespace daedalus::bridge {
namespace {

util::Result<void> send_call(int socket, const StandInCall& call, int fd = -1) {
    return util::send_with_fd(socket, std::as_bytes(std::span(&call, 1)), fd);
}

} // namespace

util::Result<ReadOutcome> SocketChannel::read(std::span<std::byte> buffer) {
    daedalus_message header = {};
    const ssize_t peeked = recv(socket_.get(), &header, sizeof(header), MSG_PEEK | MSG_DONTWAIT);
    if (peeked == 0 || (peeked < 0 && errno == ECONNRESET))
        return ReadOutcome{ReadState::closed, 0};
    if (peeked < 0 && errno == EAGAIN)
        return ReadOutcome{ReadState::nothing, 0};
    if (peeked < 0)
        return util::fail_errno("cannot read from the session");
    if (static_cast<std::size_t>(peeked) < sizeof(header))
        return ReadOutcome{ReadState::nothing, 0};
    if (header.length > buffer.size())
        return ReadOutcome{ReadState::too_small, 0};
    if (header.length < sizeof(header))
        return util::fail(EPROTO, "a message of " + std::to_string(header.length) + " bytes");
    if (auto received = util::receive_with_fd(socket_.get(), buffer.first(header.length)); !received)
        return std::unexpected(std::move(received.error()));
    return ReadOutcome{ReadState::data, header.length};
}

util::Result<bool> SocketChannel::complete(std::uint64_t cookie, std::uint32_t flags,
                                           daedalus_status status) {
    const auto sent = send_call(socket_.get(), {.operation = StandInOperation::complete,
                                                .number = flags,
                                                .name = cookie,
                                                .status = static_cast<std::uint32_t>(status)});
    if (!sent)
        return std::unexpected(sent.error());
    return true;
}

util::Result<util::UniqueFd> SocketChannel::export_buffer(std::uint64_t buffer, std::uint32_t plane) {
    int error = 0;
    auto memory = ask(
        {.operation = StandInOperation::export_buffer, .number = plane, .name = buffer, .status = 0}, error);
    if (memory && (error != 0 || !*memory))
        return util::fail_errno("cannot get the memory of CAPTURE buffer " + std::to_string(buffer),
                                error != 0 ? error : EPROTO);
    return memory;
}

util::Result<util::UniqueFd> SocketChannel::ask(const StandInCall& call, int& answer) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return util::fail_errno("cannot make a socket");
    const util::UniqueFd mine(ends[0]);
    util::UniqueFd theirs(ends[1]);
    if (auto sent = send_call(socket_.get(), call, theirs.get()); !sent)
        return std::unexpected(std::move(sent.error()));
    theirs.reset();
    return util::receive_with_fd(mine.get(), std::as_writable_bytes(std::span(&answer, 1)));
}

util::Result<StreamAnswer> SocketChannel::picture(const daedalus_picture& picture) {
    int answer = 0;
    if (auto asked = ask({.operation = StandInOperation::picture, .picture = picture}, answer); !asked)
        return std::unexpected(std::move(asked.error()));
    return static_cast<StreamAnswer>(answer);
}

util::Result<StreamAnswer> SocketChannel::stream(const daedalus_stream& stream) {
    int answer = 0;
    if (auto asked = ask({.operation = StandInOperation::stream, .stream = stream}, answer); !asked)
        return std::unexpected(std::move(asked.error()));
    return static_cast<StreamAnswer>(answer);
}

util::Result<void> SocketChannel::flushed(std::uint32_t epoch) {
    return send_call(socket_.get(),
                     {.operation = StandInOperation::flushed, .number = epoch, .name = 0, .status = 0});
}

util::Result<std::size_t> SocketChannel::max_message() {
    daedalus_message header = {};
    const ssize_t peeked = recv(socket_.get(), &header, sizeof(header), MSG_PEEK | MSG_DONTWAIT);
    if (peeked < static_cast<ssize_t>(sizeof(header)))
        return util::fail_errno("cannot ask for the size of the next message");
    return header.length;
}

} // namespace daedalus::bridge
