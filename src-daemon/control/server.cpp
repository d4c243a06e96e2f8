// SPDX-License-Identifier: BSD-2-Clause
#include "control/server.h"

#include "control/connection.h"

#include <grp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace daedalus::control {
namespace {

constexpr std::uint64_t housekeeping_us = 1'000'000;
constexpr int accepts_per_wakeup = 16;
/// Who has connected and was not looked at yet. Others wait behind them: with thousands of connections that
/// mean nothing in between, one that does would have no answer before its client gives up.
constexpr int queued_connections = 64;

} // namespace

util::Result<std::unique_ptr<Server>> Server::start(sd_event* event, util::UniqueFd listener,
                                                    Provider& provider, std::optional<gid_t> reader_group,
                                                    const Limits& limits, std::filesystem::path sysfs) {
    std::unique_ptr<Server> server(
        new Server(event, std::move(listener), provider, reader_group, limits, std::move(sysfs)));
    sd_event_source* source = nullptr;
    const int added =
        sd_event_add_io(event, &source, server->listener_.get(), EPOLLIN, on_listener, server.get());
    if (added < 0)
        return util::fail_errno("cannot watch the control socket", -added);
    server->listener_source_.reset(source);
    sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IDLE);
    return server;
}

Server::Server(sd_event* event, util::UniqueFd listener, Provider& provider,
               std::optional<gid_t> reader_group, const Limits& limits, std::filesystem::path sysfs)
    : event_(event), listener_(std::move(listener)), methods_(provider, std::move(sysfs)),
      reader_group_(reader_group), limits_(limits) {}

Server::~Server() = default;

int Server::on_listener(sd_event_source*, int fd, std::uint32_t, void* userdata) {
    auto& self = *static_cast<Server*>(userdata);
    // A few at a time: the loop has other work.
    for (int i = 0; i < accepts_per_wakeup; ++i) {
        util::UniqueFd client(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) {
            // Without descriptors or memory the listener would stay readable and spin: look again in a
            // second.
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                sd_event_source_set_enabled(self.listener_source_.get(), SD_EVENT_OFF);
                self.start_housekeeping();
            }
            break;
        }
        self.accept_one(std::move(client));
    }
    return 0;
}

void Server::accept_one(util::UniqueFd fd) {
    const auto peer = read_peer(fd.get());
    if (!peer)
        return;
    if (connections_.size() >= limits_.connections) {
        refuse(fd.get(), limits_.connections);
        return;
    }
    const auto user =
        users_.try_emplace(peer->uid, TokenBucket(limits_.calls_per_second, limits_.calls_burst)).first;
    if (peer->uid != 0 && user->second.connections >= limits_.connections_per_uid) {
        refuse(fd.get(), limits_.connections_per_uid);
        return;
    }
    auto connection =
        std::make_unique<Connection>(*this, std::move(fd), *peer, access_of(*peer, geteuid(), reader_group_));
    if (!connection->start())
        return;
    ++user->second.connections;
    const Connection* key = connection.get();
    connections_.emplace(key, std::move(connection));
    start_housekeeping();
}

void Server::refuse(int fd, std::size_t limit) {
    const std::string message = make_error("org.daedalus.v4l2.TooManyConnections", {{"limit", limit}});
    // A new socket's buffer takes it at once; who does not get it sees the connection closed.
    (void)send(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

TokenBucket& Server::calls_of(uid_t uid) {
    return users_.at(uid).calls;
}

void Server::remove(Connection& connection) {
    --users_.at(connection.uid()).connections;
    connections_.erase(&connection);
}

void Server::start_housekeeping() {
    std::uint64_t now = 0;
    sd_event_now(event_, CLOCK_MONOTONIC, &now);
    if (housekeeping_) {
        int enabled = SD_EVENT_OFF;
        sd_event_source_get_enabled(housekeeping_.get(), &enabled);
        if (enabled == SD_EVENT_OFF) {
            sd_event_source_set_time(housekeeping_.get(), now + housekeeping_us);
            sd_event_source_set_enabled(housekeeping_.get(), SD_EVENT_ONESHOT);
        }
        return;
    }
    sd_event_source* source = nullptr;
    if (sd_event_add_time(event_, &source, CLOCK_MONOTONIC, now + housekeeping_us, 0, on_housekeeping,
                          this) >= 0)
        housekeeping_.reset(source);
}

int Server::on_housekeeping(sd_event_source*, std::uint64_t, void* userdata) {
    auto& self = *static_cast<Server*>(userdata);
    sd_event_source_set_enabled(self.listener_source_.get(), SD_EVENT_ON);
    std::uint64_t now = 0;
    sd_event_now(self.event_, CLOCK_MONOTONIC, &now);
    std::vector<Connection*> expired;
    for (const auto& [key, connection] : self.connections_)
        if (connection->expired(now))
            expired.push_back(connection.get());
    for (Connection* connection : expired)
        self.remove(*connection);
    self.forget_idle_users(now);
    if (!self.connections_.empty() || !self.users_.empty())
        self.start_housekeeping();
    return 0;
}

void Server::forget_idle_users(std::uint64_t now_us) {
    // Only once its bucket is full again, or a user could empty it by reconnecting.
    std::erase_if(users_, [&](auto& entry) {
        return entry.second.connections == 0 && entry.second.calls.full(now_us);
    });
}

util::Result<util::UniqueFd> listen_at(const std::string& path, std::optional<gid_t> reader_group) {
    struct sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return util::fail(ENAMETOOLONG, "the control socket's path is too long: " + path);
    std::ranges::copy(path, std::begin(address.sun_path));

    util::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return util::fail_errno("cannot make the control socket");
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
        return util::fail_errno("cannot replace the control socket " + path);
    // Nobody may connect before mode and group are right.
    const mode_t mask = umask(0177);
    const int bound = bind(fd.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof(address));
    const int bind_errno = errno;
    umask(mask);
    if (bound != 0)
        return util::fail_errno("cannot bind the control socket " + path, bind_errno);
    // Where the group cannot be given away, only root and the daemon's own user reach the socket.
    if (reader_group && chown(path.c_str(), static_cast<uid_t>(-1), *reader_group) == 0 &&
        chmod(path.c_str(), 0660) != 0)
        return util::fail_errno("cannot set the mode of the control socket " + path);
    if (listen(fd.get(), queued_connections) != 0)
        return util::fail_errno("cannot listen on the control socket " + path);
    return fd;
}

std::optional<gid_t> find_group(const std::string& name) {
    std::vector<char> buffer(4096);
    struct group entry {};
    struct group* found = nullptr;
    int error = 0;
    while ((error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
           buffer.size() < (1U << 20))
        buffer.resize(buffer.size() * 2);
    if (error != 0 || found == nullptr)
        return std::nullopt;
    return found->gr_gid;
}

} // namespace daedalus::control
