// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/session_fd.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace daedalus::bridge {

util::Result<std::unique_ptr<SessionFd>> SessionFd::adopt(util::UniqueFd fd) {
    const int flags = fcntl(fd.get(), F_GETFL);
    if (flags < 0 || fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
        return util::fail_errno("cannot use the session fd");
    return std::unique_ptr<SessionFd>(new SessionFd(std::move(fd)));
}

util::Result<ReadOutcome> SessionFd::read(std::span<std::byte> buffer) {
    for (;;) {
        const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
        if (size > 0)
            return ReadOutcome{ReadState::data, static_cast<std::size_t>(size)};
        if (size == 0)
            return ReadOutcome{ReadState::closed, 0};
        switch (errno) {
        case EINTR:
            continue;
        case EAGAIN:
            return ReadOutcome{ReadState::nothing, 0};
        case EMSGSIZE:
            return ReadOutcome{ReadState::too_small, 0};
        default:
            return util::fail_errno("cannot read from the session");
        }
    }
}

util::Result<bool> SessionFd::complete(std::uint64_t cookie, std::uint32_t flags, daedalus_status status) {
    daedalus_complete argument = {};
    argument.cookie = cookie;
    argument.flags = flags;
    argument.status = status;
    if (ioctl(fd_.get(), DAEDALUS_IOC_COMPLETE, &argument) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    return util::fail_errno("cannot complete a job");
}

util::Result<util::UniqueFd> SessionFd::export_buffer(std::uint64_t buffer, std::uint32_t plane) {
    daedalus_export argument = {};
    argument.buffer = buffer;
    argument.plane = plane;
    const int fd = ioctl(fd_.get(), DAEDALUS_IOC_EXPORT, &argument);
    if (fd < 0)
        return util::fail_errno("cannot get the memory of CAPTURE buffer " + std::to_string(buffer));
    return util::UniqueFd(fd);
}

util::Result<void> SessionFd::flushed(std::uint32_t epoch) {
    daedalus_flushed argument = {};
    argument.epoch = epoch;
    if (ioctl(fd_.get(), DAEDALUS_IOC_FLUSHED, &argument) < 0)
        return util::fail_errno("cannot answer a flush");
    return {};
}

util::Result<StreamAnswer> SessionFd::picture(const daedalus_picture& picture) {
    if (ioctl(fd_.get(), DAEDALUS_IOC_PICTURE, &picture) == 0)
        return StreamAnswer::taken;
    if (errno == ENOENT)
        return StreamAnswer::gone;
    if (errno == ESTALE)
        return StreamAnswer::stale;
    return util::fail_errno("cannot answer with a picture");
}

util::Result<StreamAnswer> SessionFd::stream(const daedalus_stream& stream) {
    const int result = ioctl(fd_.get(), DAEDALUS_IOC_STREAM, &stream);
    if (result >= 0)
        return result == DAEDALUS_STREAM_WAIT ? StreamAnswer::wait : StreamAnswer::taken;
    if (errno == ESTALE)
        return StreamAnswer::stale;
    return util::fail_errno("cannot tell what the stream is");
}

util::Result<std::size_t> SessionFd::max_message() {
    const int size = ioctl(fd_.get(), DAEDALUS_IOC_MAX_MESSAGE);
    if (size < 0)
        return util::fail_errno("cannot ask for the size of the next message");
    return static_cast<std::size_t>(size);
}

} // namespace daedalus::bridge
