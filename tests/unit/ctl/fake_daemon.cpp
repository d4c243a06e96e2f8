// SPDX-License-Identifier: BSD-2-Clause
#include "unit/ctl/fake_daemon.h"

#include "control/message.h"
#include "control/server.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace daedalus::test {
namespace {

using nlohmann::json;

constexpr int fixed_pid = 812;

/// Replaces what differs from run to run.
void fix(json& parameters) {
    if (parameters.contains("health"))
        parameters["health"]["pid"] = fixed_pid;
    if (parameters.contains("sessions"))
        for (json& session : parameters["sessions"])
            if (!session["worker_pid"].is_null()) {
                session["worker_pid"] = fixed_pid + 1;
                session["worker_cpu_us"] = 1'500'000;
            }
}

json with_wrong_types(const json& value) {
    if (value.is_object()) {
        json out = json::object();
        for (const auto& [name, member] : value.items())
            out[name] = with_wrong_types(member);
        return out;
    }
    if (value.is_array())
        return value.empty() ? json("no list") : json::array({with_wrong_types(value[0]), 17, nullptr});
    return value.is_string() ? json(-1) : json("no number");
}

} // namespace

FakeDaemon::FakeDaemon(Behavior behavior, std::filesystem::path sysfs)
    : behavior_(behavior), methods_(provider_, std::move(sysfs)),
      path_(testing::TempDir() + "/daedalus-fake-" + std::to_string(getpid())),
      stop_(eventfd(0, EFD_CLOEXEC)) {
    auto listener = control::listen_at(path_, std::nullopt);
    if (!listener)
        throw std::runtime_error(listener.error().message);
    listener_ = std::move(*listener);
    thread_ = std::thread([this] { run(); });
}

FakeDaemon::~FakeDaemon() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
    unlink(path_.c_str());
}

void FakeDaemon::run() {
    std::vector<util::UniqueFd> silent;
    for (;;) {
        std::array<struct pollfd, 2> sources = {{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                                 {.fd = listener_.get(), .events = POLLIN, .revents = 0}}};
        poll(sources.data(), sources.size(), -1);
        if (sources[0].revents != 0)
            return;
        util::UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client)
            continue;
        if (behavior_ == Behavior::hangs)
            silent.push_back(std::move(client));
        else if (behavior_ != Behavior::closes)
            serve(std::move(client));
    }
}

void FakeDaemon::serve(util::UniqueFd client) {
    control::MessageBuffer input(65536);
    for (;;) {
        std::array<struct pollfd, 2> sources = {{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                                 {.fd = client.get(), .events = POLLIN, .revents = 0}}};
        poll(sources.data(), sources.size(), -1);
        if (sources[0].revents != 0)
            return;
        std::array<char, 4096> buffer{};
        const ssize_t got = read(client.get(), buffer.data(), buffer.size());
        if (got <= 0)
            return;
        input.append({buffer.data(), static_cast<std::size_t>(got)});
        while (const auto text = input.next())
            answer(client.get(), *text);
    }
}

void FakeDaemon::answer(int client, std::string_view text) {
    std::string reply;
    const auto request = control::parse_request(text);
    if (behavior_ == Behavior::says_noise) {
        reply = std::string("\x01\xff noise\0", 9);
    } else if (behavior_ == Behavior::says_lists) {
        reply = std::string("[1,2,3]\0", 8);
    } else if (behavior_ == Behavior::never_ends) {
        reply = std::string(1000, ' ');
    } else if (behavior_ == Behavior::refuses || !request) {
        reply = control::make_error("org.varlink.service.PermissionDenied", json::object());
    } else {
        control::Answer answer = methods_.call(*request, control::Access::change);
        fix(answer.parameters);
        if (behavior_ == Behavior::wrong_types)
            answer.parameters = with_wrong_types(answer.parameters);
        reply = answer.error.empty() ? control::make_reply(answer.parameters, answer.repeat_ms.has_value())
                                     : control::make_error(answer.error, answer.parameters);
    }
    (void)send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
    // A stream goes on at once: whoever reads decides how long.
    for (int i = 0; i < 3 && request && request->more && behavior_ == Behavior::answers; ++i)
        (void)send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
}

} // namespace daedalus::test
