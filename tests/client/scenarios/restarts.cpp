// SPDX-License-Identifier: BSD-2-Clause
// The daemon is killed and restarted at any moment, under a service manager that starts the next one. No
// client may notice.
#include "client/process.h"
#include "client/scenario.h"
#include "endless_players.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace daedalus::client {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* clips[] = {"refs16", "gop", "b_pyramid", "weighted"};
constexpr unsigned default_players = 8;
/** How soon there must be another daemon; the machine is emulated. */
constexpr std::chrono::seconds patience(20);

/** The daemon, once it is not the one of before; 0: there is none in time. */
pid_t next_daemon(pid_t before) {
    std::vector<pid_t> seen;
    for (const auto end = Clock::now() + patience; Clock::now() < end;) {
        const std::vector<pid_t> now = processes_named("daedalusd");
        // What has its name for a moment only is a worker that is being started.
        for (const pid_t daemon : now)
            if (daemon != before && std::ranges::find(seen, daemon) != seen.end())
                return daemon;
        seen = now;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return 0;
}

/** Whether the daemon has got as far as to listen on its control socket, which it does before it serves. */
bool serves() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/daedalus/control"};
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(fd);
    return connected;
}

void wait_until_it_serves() {
    for (const auto end = Clock::now() + patience; !serves() && Clock::now() < end;)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

/** What became of the players: nothing may have. */
void show(Context& context, EndlessPlayers& players, const SleepMonitor& monitor) {
    const int failed = players.finish();
    const Told& told = players.told();
    context.figure("frames", told.frames, "frames", ">0", told.frames > 0);
    context.figure("lost", told.lost, "frames", "0", told.lost == 0);
    context.figure("wrong", told.wrong, "frames", "0", told.wrong == 0);
    context.figure("longest_d_state", monitor.longest_ms(), "ms", "<1000", monitor.longest_ms() < 1000);
    expect(failed == 0, "a player did not get to its end");
}

void restarted_daemon(Context& context) {
    EndlessPlayers players(context, clips, static_cast<unsigned>(context.number("players", default_players)));
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    const long wanted = context.number("restarts", 40);
    SleepMonitor monitor;
    monitor.watch(players.pids());
    long restarts = 0;
    pid_t daemon = next_daemon(0);
    while (daemon != 0 && restarts < wanted) {
        // Half of the time before the new one serves, or even before it has taken over; but not always, or
        // whoever starts to play gets no worker as long as this goes on.
        if (restarts % 2 == 0)
            wait_until_it_serves();
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 1500));
        const int signal = random() % 4 == 0 ? SIGTERM : SIGKILL;
        if (::kill(daemon, signal) == 0)
            restarts++;
        daemon = next_daemon(daemon);
    }
    context.figure("restarts", static_cast<double>(restarts), "restarts", std::to_string(wanted),
                   restarts == wanted && daemon != 0);
    show(context, players, monitor);
}

/** The same while somebody else restarts it: until the file is there. */
void endless(Context& context) {
    constexpr const char* over = "/tmp/endless-is-over";
    EndlessPlayers players(context, clips, static_cast<unsigned>(context.number("players", default_players)));
    SleepMonitor monitor;
    monitor.watch(players.pids());
    const auto end = Clock::now() + std::chrono::minutes(4);
    while (::access(over, F_OK) != 0 && Clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    show(context, players, monitor);
}

constexpr Scenario list[] = {
    {"restarted_daemon", "SIGKILL and SIGTERM of the daemon while clients play", restarted_daemon},
    {"endless", "clients play until they are told to stop", endless},
};

} // namespace

std::span<const Scenario> restart_scenarios() {
    return list;
}

} // namespace daedalus::client
