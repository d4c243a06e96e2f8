// SPDX-License-Identifier: BSD-2-Clause
// The control socket: accepts clients, and bounds what each and all of them can cost the daemon.
#pragma once

#include "control/event_source.h"
#include "control/methods.h"
#include "control/peer.h"
#include "control/provider.h"
#include "control/token_bucket.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace daedalus::control {

class Connection;

/// What the socket allows. The numbers are far above what people and monitors need.
struct Limits {
    std::size_t connections = 128;
    std::size_t connections_per_uid = 32; ///< root has no limit of its own, but counts in all
    std::size_t message_bytes = 65536;    ///< of one call
    std::size_t output_bytes = 4194304;   ///< waiting for one client to read them
    unsigned calls_per_second = 200;      ///< of one uid, on all of its connections
    unsigned calls_burst = 400;
    std::uint64_t idle_us = 60'000'000;    ///< without a call, a connection is closed
    std::uint64_t stalled_us = 10'000'000; ///< without reading what waits, too
};

/// Serves one listening socket from an sd_event loop. All functions belong to the loop's thread.
class Server {
  public:
    /// Takes a listening, non-blocking unix stream socket and starts to serve it. `event` and `provider`
    /// outlive the server. `reader_group` may read, as may the user that this process runs as. Errors: those
    /// of sd_event_add_io.
    [[nodiscard]] static util::Result<std::unique_ptr<Server>>
    start(sd_event* event, util::UniqueFd listener, Provider& provider, std::optional<gid_t> reader_group,
          const Limits& limits = {}, std::filesystem::path sysfs = "/sys");

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// The listening socket, to keep over a restart. Owned by the server.
    [[nodiscard]] int listener() const { return listener_.get(); }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  private:
    friend class Connection;
    /// What the connections of one user share.
    struct User {
        explicit User(const TokenBucket& bucket) : calls(bucket) {}
        std::size_t connections = 0;
        TokenBucket calls;
    };

    Server(sd_event* event, util::UniqueFd listener, Provider& provider, std::optional<gid_t> reader_group,
           const Limits& limits, std::filesystem::path sysfs);
    static int on_listener(sd_event_source* source, int fd, std::uint32_t events, void* userdata);
    static int on_housekeeping(sd_event_source* source, std::uint64_t usec, void* userdata);
    void accept_one(util::UniqueFd fd);
    static void refuse(int fd, std::size_t limit);
    [[nodiscard]] TokenBucket& calls_of(uid_t uid);
    void remove(Connection& connection);
    void start_housekeeping();
    void forget_idle_users(std::uint64_t now_us);

    sd_event* event_;
    util::UniqueFd listener_;
    Methods methods_;
    std::optional<gid_t> reader_group_;
    Limits limits_;
    EventSource listener_source_;
    EventSource housekeeping_;
    std::map<uid_t, User> users_;
    std::map<const Connection*, std::unique_ptr<Connection>> connections_;
};

/// Makes the listening socket for Server::start(): replaces what is at `path`, mode 0660, of the group
/// `reader_group` where this process may give it away. Errors: those of socket, bind and listen, and
/// ENAMETOOLONG.
[[nodiscard]] util::Result<util::UniqueFd> listen_at(const std::string& path,
                                                     std::optional<gid_t> reader_group);

/// The group that may read, by name: "video". Unset where there is no such group.
[[nodiscard]] std::optional<gid_t> find_group(const std::string& name);

} // namespace daedalus::control
