// SPDX-License-Identifier: BSD-2-Clause
// Workers are killed at any moment, in the middle of streams with few key frames.
#include "client/process.h"
#include "client/scenario.h"
#include "endless_players.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace daedalus::client {

namespace {

namespace fs = std::filesystem;

constexpr const char* clips[] = {"refs16", "gop"}; // a key frame every 100 pictures, and every 10

/** Whether it decodes for somebody; others wait for a session. */
bool has_session(pid_t worker) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(worker) + "/fd", gone))
        if (fs::read_symlink(entry, gone).string().find("daedalus-session") != std::string::npos)
            return true;
    return false;
}

/** How often it has waited for something; -1 when it is gone. */
long waits_of(pid_t worker) {
    constexpr std::string_view name = "voluntary_ctxt_switches:";
    std::ifstream file("/proc/" + std::to_string(worker) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name))
            return std::stol(line.substr(name.size()));
    return -1;
}

/**
 * Who may be killed: one that has got through what its predecessor left. A job that loses its second worker
 * is given up, as it should be, and what refers to it is in error then. While a worker decodes again what is
 * in the journal it waits for nothing; afterwards it waits for its client all the time.
 */
class Victims {
  public:
    std::vector<pid_t> look() {
        std::vector<pid_t> ready;
        for (const pid_t worker : processes_named("daedalus-worker")) {
            const long waits = waits_of(worker);
            if (waits < 0 || !has_session(worker))
                continue;
            const auto [known, is_new] = seen_.try_emplace(worker, waits);
            if (waits - known->second >= waits_between)
                ready.push_back(worker);
        }
        return ready;
    }

  private:
    static constexpr long waits_between = 20;
    std::map<pid_t, long> seen_; ///< with the count of that time
};

/** Kills workers until there have been enough, or far too much time has gone by; returns how many. */
long kill_workers(Context& context, const EndlessPlayers& players, long wanted, SleepMonitor& monitor) {
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    long kills = 0;
    Victims victims;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 + wanted * 5);
    while (kills < wanted && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
        const std::vector<pid_t> workers = victims.look();
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
