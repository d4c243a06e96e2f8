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

/** Jobs that the module has seen to their end. */
long jobs_completed() {
    std::ifstream file("/sys/bus/platform/drivers/daedalus_v4l2/daedalus_v4l2/counters/jobs_completed");
    long jobs = 0;
    expect(static_cast<bool>(file >> jobs), "the module's counters can't be read");
    return jobs;
}

/**
 * Who may be killed: one that has got through what its predecessor left. A job that loses its second worker
 * is given up, as it should be, and what refers to it is in error then.
 */
class Victims {
  public:
    std::vector<pid_t> look() {
        const long completed = jobs_completed();
        std::vector<pid_t> ready;
        for (const pid_t worker : processes_named("daedalus-worker")) {
            if (!has_session(worker))
                continue;
            const auto [known, is_new] = seen_.try_emplace(worker, completed);
            if (completed - known->second >= jobs_between)
                ready.push_back(worker);
        }
        return ready;
    }

  private:
    static constexpr long jobs_between = 30; ///< of all players together
    std::map<pid_t, long> seen_;             ///< with the count of that time
};

void killed_workers(Context& context) {
    EndlessPlayers players(context, clips, std::size(clips));
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    const long wanted = context.number("kills", 40);
    long kills = 0;
    Victims victims;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 + wanted * 5);
    while (kills < wanted && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 300));
        const std::vector<pid_t> workers = victims.look();
        if (workers.empty())
            continue;
        kills += ::kill(workers[random() % workers.size()], SIGKILL) == 0 ? 1 : 0;
    }
    const int failed = players.finish();
    const Told& told = players.told();
    const double lost = kills > 0 ? static_cast<double>(told.lost) / static_cast<double>(kills) : 0;
    context.figure("kills", static_cast<double>(kills), "kills", std::to_string(wanted), kills == wanted);
    context.figure("frames", told.frames, "frames", ">0", told.frames > 0);
    context.figure("lost_per_kill", lost, "frames", "<=1", lost <= 1);
    context.figure("wrong", told.wrong, "frames", "0", told.wrong == 0);
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
