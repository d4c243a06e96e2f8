// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/control_device.h"

#include "daedalus/build_paths.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cstring>

namespace daedalus::bridge {
namespace {

/// The text of a fixed array that the other side should have terminated.
template <std::size_t size>
std::string text_of(const char (&array)[size]) {
    return {array, strnlen(array, size)};
}

} // namespace

util::Result<ControlDevice> ControlDevice::open(const std::string& path) {
    util::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!fd)
        return util::fail_errno("cannot open " + path);
    return ControlDevice(std::move(fd));
}

util::Result<HelloReply> ControlDevice::hello(const Hello& hello) {
    daedalus_hello argument = {};
    argument.proto_version = DAEDALUS_PROTO_VERSION;
    argument.job_timeout_ms = hello.job_timeout_ms;
    argument.codecs = hello.codecs;
    argument.features = DAEDALUS_FEATURES_KNOWN;
    argument.max_sessions = hello.max_sessions;
    std::strncpy(argument.daemon_version, project_version, sizeof(argument.daemon_version) - 1);
    const int result = ioctl(fd_.get(), DAEDALUS_IOC_HELLO, &argument);
    if (result < 0 && errno != EPROTONOSUPPORT)
        return util::fail_errno("the kernel module refused the daemon's HELLO");
    return HelloReply{.accepted = result >= 0,
                      .module_protocol = argument.proto_version,
                      .module_version = text_of(argument.module_version),
                      .features = argument.features};
}

util::Result<std::optional<AcceptedSession>> ControlDevice::accept() {
    AcceptedSession session;
    const int fd = ioctl(fd_.get(), DAEDALUS_IOC_ACCEPT, &session.info);
    if (fd < 0) {
        if (errno == EAGAIN)
            return std::nullopt;
        return util::fail_errno("cannot accept a session");
    }
    session.fd.reset(fd);
    // What is used as text or as an index later on is checked here, once.
    session.info.client_comm[sizeof(session.info.client_comm) - 1] = '\0';
    if (session.info.codec >= DAEDALUS_CODEC_COUNT || session.info.kind > DAEDALUS_SESSION_STATEFUL)
        return util::fail(EPROTO, "the kernel offered a session of unknown codec " +
                                      std::to_string(session.info.codec) + " or kind " +
                                      std::to_string(session.info.kind));
    return session;
}

util::Result<std::uint32_t> ControlDevice::cancel(std::uint64_t session, std::uint64_t cookie) {
    daedalus_cancel argument = {};
    argument.session = session;
    argument.cookie = cookie;
    if (ioctl(fd_.get(), DAEDALUS_IOC_CANCEL, &argument) < 0)
        return util::fail_errno("cannot cancel jobs of session " + std::to_string(session));
    return argument.canceled;
}

} // namespace daedalus::bridge
