// SPDX-License-Identifier: BSD-2-Clause
#include "model/varlink_client.h"

#include "util/log.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

/// More than any reply; beyond it something else is speaking.
constexpr std::size_t longest_reply = 16 << 20;

std::unexpected<CallFailure> failure(Problem problem, std::string message) {
    return std::unexpected(
        CallFailure{.problem = problem, .message = std::move(message), .error = {}, .parameters = {}});
}

std::unexpected<CallFailure> hung() {
    return failure(Problem::hung, "daedalusd has the control socket open but does not answer");
}

std::unexpected<CallFailure> connect_failure(const std::string& path, int error) {
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return failure(Problem::not_running, "nobody listens on " + path);
    case EACCES:
    case EPERM:
        return failure(Problem::denied, "this user may not open " + path);
    case EAGAIN:
    case EINPROGRESS:
        // The queue of connections that were never accepted is full.
        return hung();
    default:
        return failure(Problem::not_running, "cannot connect to " + path + ": " + std::strerror(error));
    }
}

std::unexpected<CallFailure> error_reply(const json& reply) {
    const auto& name = reply["error"];
    CallFailure failed{.problem = Problem::error,
                       .message = {},
                       .error = name.is_string() ? util::printable(name.get<std::string>()) : "",
                       .parameters = reply.contains("parameters") ? reply["parameters"] : json::object()};
    failed.message = "daedalusd answered " + failed.error;
    if (failed.error == "org.varlink.service.PermissionDenied") {
        failed.problem = Problem::denied;
        failed.message = "daedalusd refuses this to the calling user";
    }
    return std::unexpected(std::move(failed));
}

} // namespace

CallResult<VarlinkClient> VarlinkClient::connect(const std::string& path, Clock::time_point deadline) {
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return failure(Problem::not_running, "the path of the control socket is too long");
    std::ranges::copy(path, std::begin(address.sun_path));
    util::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return failure(Problem::not_running, std::string("cannot make a socket: ") + std::strerror(errno));
    while (::connect(fd.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)) != 0) {
        // The queue is full: of a daemon that hangs it stays so, of one that is busy it does not.
        if (errno != EAGAIN || Clock::now() >= deadline)
            return connect_failure(path, errno);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return VarlinkClient(std::move(fd));
}

CallResult<json> VarlinkClient::call(const std::string& method, const json& parameters,
                                     Clock::time_point deadline) {
    if (auto sent = send({{"method", method}, {"parameters", parameters}}, deadline); !sent)
        return std::unexpected(sent.error());
    return receive(deadline);
}

CallResult<void> VarlinkClient::begin_stream(const std::string& method, const json& parameters,
                                             Clock::time_point deadline) {
    return send({{"method", method}, {"parameters", parameters}, {"more", true}}, deadline);
}

CallResult<json> VarlinkClient::receive(Clock::time_point deadline) {
    auto text = receive_text(deadline);
    if (!text)
        return std::unexpected(text.error());
    json reply = json::parse(*text, nullptr, false);
    if (!reply.is_object())
        return failure(Problem::garbage, "what listens on the control socket does not speak Varlink");
    if (reply.contains("error"))
        return error_reply(reply);
    if (!reply.contains("parameters"))
        return json::object();
    return std::move(reply["parameters"]);
}

CallResult<void> VarlinkClient::send(const json& message, Clock::time_point deadline) {
    std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace);
    text.push_back('\0');
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t sent = ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            left.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (auto ready = wait(POLLOUT, deadline); !ready)
                return ready;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            // It may have said why before it closed.
            return {};
        } else if (errno != EINTR) {
            return failure(Problem::disconnected,
                           std::string("cannot send to daedalusd: ") + std::strerror(errno));
        }
    }
    return {};
}

CallResult<std::string> VarlinkClient::receive_text(Clock::time_point deadline) {
    for (;;) {
        if (const auto end = input_.find('\0'); end != std::string::npos) {
            std::string text = input_.substr(0, end);
            input_.erase(0, end + 1);
            return text;
        }
        if (input_.size() > longest_reply)
            return failure(Problem::garbage, "what listens on the control socket does not speak Varlink");
        std::array<char, 65536> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
        const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (got > 0) {
            input_.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (got < 0 && errno == EAGAIN) {
            if (auto ready = wait(POLLIN, deadline); !ready)
                return std::unexpected(ready.error());
        } else if (got == 0 || errno != EINTR) {
            return failure(Problem::disconnected, "daedalusd closed the connection");
        }
    }
}

CallResult<void> VarlinkClient::wait(short events, Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    struct pollfd descriptor {
        .fd = fd_.get(), .events = events, .revents = 0
    };
    const int ready = left.count() > 0 ? poll(&descriptor, 1, static_cast<int>(left.count())) : 0;
    if (ready == 0 || (ready < 0 && errno != EINTR))
        return hung();
    return {};
}

} // namespace daedalus::ctl
