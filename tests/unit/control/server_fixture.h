// SPDX-License-Identifier: BSD-2-Clause
// A control server in a thread of its own, and a client that talks to it byte by byte.
#pragma once

#include "control/server.h"
#include "unit/control/fake_provider.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

namespace daedalus::test {

/// A blocking client with deadlines.
class RawClient {
  public:
    explicit RawClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        struct sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        connected_ =
            connect(fd_.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)) == 0;
    }

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Sends bytes as they are; false when the server has closed the connection.
    bool send_bytes(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    bool call(const std::string& method, const nlohmann::json& parameters = nlohmann::json::object(),
              bool more = false) const {
        std::string message =
            nlohmann::json({{"method", method}, {"parameters", parameters}, {"more", more}}).dump();
        message.push_back('\0');
        return send_bytes(message);
    }

    /// The next message, or nothing when there is none within `timeout` or the connection was closed.
    std::optional<nlohmann::json> receive(std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            if (const auto end = input_.find('\0'); end != std::string::npos) {
                const auto message = nlohmann::json::parse(input_.substr(0, end));
                input_.erase(0, end + 1);
                return message;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            struct pollfd wait {
                .fd = fd_.get(), .events = POLLIN, .revents = 0
            };
            if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0)
                return std::nullopt;
            std::array<char, 4096> buffer{};
            const ssize_t got = read(fd_.get(), buffer.data(), buffer.size());
            if (got <= 0) {
                closed_ = true;
                return std::nullopt;
            }
            input_.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

    /// Whether the server closes the connection within `timeout`, whatever it says before.
    bool closed_within(std::chrono::milliseconds timeout) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (!closed_ && std::chrono::steady_clock::now() < deadline)
            (void)receive(std::chrono::milliseconds(100));
        return closed_;
    }

  private:
    util::UniqueFd fd_;
    std::string input_;
    bool connected_ = false;
    bool closed_ = false;
};

/// Serves FakeProvider. The provider may be looked at after stop().
class ServerThread {
  public:
    explicit ServerThread(const control::Limits& limits = {})
        : path_(testing::TempDir() + "/daedalus-control-" + std::to_string(getpid())),
          stop_(eventfd(0, EFD_CLOEXEC)) {
        auto listener = control::listen_at(path_, std::nullopt);
        if (!listener)
            throw std::runtime_error(listener.error().message);
        thread_ = std::thread([this, limits, fd = listener->release()] { run(util::UniqueFd(fd), limits); });
    }
    ~ServerThread() {
        stop();
        unlink(path_.c_str());
    }
    ServerThread(const ServerThread&) = delete;
    ServerThread& operator=(const ServerThread&) = delete;

    void stop() {
        if (!thread_.joinable())
            return;
        eventfd_write(stop_.get(), 1);
        thread_.join();
    }
    [[nodiscard]] RawClient client() const { return RawClient(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }
    test::FakeProvider provider_;

  private:
    void run(util::UniqueFd listener, const control::Limits& limits) {
        sd_event* event = nullptr;
        sd_event_new(&event);
        {
            auto server = control::Server::start(event, std::move(listener), provider_, std::nullopt, limits,
                                                 "/nonexistent");
            sd_event_add_io(event, nullptr, stop_.get(), POLLIN, nullptr, nullptr);
            sd_event_loop(event);
        }
        sd_event_unref(event);
    }

    std::string path_;
    util::UniqueFd stop_;
    std::thread thread_;
};

} // namespace daedalus::test
