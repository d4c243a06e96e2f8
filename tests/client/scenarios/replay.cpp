// SPDX-License-Identifier: BSD-2-Clause
// Workers are killed at any moment, in the middle of streams with few key frames.
#include "client/process.h"
#include "client/scenario.h"
#include "endless_players.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace daedalus::client {

namespace {

namespace fs = std::filesystem;

constexpr const char* clips[] = {"refs16", "gop"}; // a key frame every 100 pictures, and every 10

/** How many requests it has answered; 0 too while it waits for a session. */
unsigned long answers_of(pid_t worker) {
    const fs::path process = "/proc/" + std::to_string(worker);
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator(process / "fd", gone)) {
        if (fs::read_symlink(entry, gone).string().find("daedalus-session") == std::string::npos)
            continue;
        std::ifstream file(process / "fdinfo" / entry.path().filename());
        for (std::string word; file >> word;)
            if (unsigned long answers = 0; word == "answers:" && file >> answers)
                return answers;
    }
    return 0;
}

/**
 * Who may be killed: those that have got through what their predecessors left. A job that loses its second
 * worker is given up, as it should be, and what refers to it is in error then.
 */
std::vector<pid_t> victims() {
    std::vector<pid_t> ready = processes_named("daedalus-worker");
    std::erase_if(ready, [](pid_t worker) { return answers_of(worker) == 0; });
    return ready;
}

/** Kills workers until there have been enough, or far too much time has gone by; returns how many. */
long kill_workers(Context& context, const EndlessPlayers& players, long wanted, SleepMonitor& monitor) {
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    long kills = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 + wanted * 5);
    while (kills < wanted && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
        const std::vector<pid_t> workers = victims();
        std::vector<pid_t> all = players.pids();
        all.insert(all.end(), workers.begin(), workers.end());
        monitor.watch(all);
        if (workers.empty())
            continue;
        kills += ::kill(workers[random() % workers.size()], SIGKILL) == 0 ? 1 : 0;
    }
    return kills;
}

void killed_workers(Context& context) {
    EndlessPlayers players(context, clips,
                           static_cast<unsigned>(context.number("players", std::size(clips))));
    const long wanted = context.number("kills", 40);
    SleepMonitor monitor;
    const long kills = kill_workers(context, players, wanted, monitor);
    const int failed = players.finish();
    const Told& told = players.told();
    const double lost = kills > 0 ? static_cast<double>(told.lost) / static_cast<double>(kills) : 0;
    context.figure("kills", static_cast<double>(kills), "kills", std::to_string(wanted), kills == wanted);
    context.figure("frames", told.frames, "frames", ">0", told.frames > 0);
    context.figure("lost_per_kill", lost, "frames", "<=1", lost <= 1);
    context.figure("lost", told.lost, "frames", "-", true);
    context.figure("wrong", told.wrong, "frames", "0", told.wrong == 0);
    context.figure("longest_d_state", monitor.longest_ms(), "ms", "<1000", monitor.longest_ms() < 1000);
    expect(failed == 0, "a player did not get to its end");
}

constexpr Scenario list[] = {
    {"killed_workers", "SIGKILL of workers between key frames", killed_workers},
};

} // namespace

std::span<const Scenario> replay_scenarios() {
    return list;
}

} // namespace daedalus::client
