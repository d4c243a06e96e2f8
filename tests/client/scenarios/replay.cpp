// SPDX-License-Identifier: BSD-2-Clause
// Workers are killed at any moment, in the middle of streams with few key frames.
#include "client/process.h"
#include "client/scenario.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

namespace fs = std::filesystem;

constexpr const char* clips[] = {"refs16", "gop"}; // a key frame every 100 pictures, and every 10

/** What the players tell, in shared memory. */
struct Told {
    std::atomic<bool> enough;
    std::atomic<uint32_t> frames;
    std::atomic<uint32_t> lost;  ///< in error
    std::atomic<uint32_t> wrong; ///< with other pixels, and not in error
};

/** Plays a clip again and again on one file. */
int play(const Context& context, const Clip& clip, Told& told) {
    try {
        while (!told.enough) {
            StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 2, .timeout_ms = 25000});
            decoder.start();
            decoder.submit_frames(0, clip.frame_count());
            decoder.drain();
            for (const DecodedFrame& frame : decoder.decoded()) {
                told.frames++;
                if (frame.error)
                    told.lost++;
                else if (frame.md5 != clip.expected(frame.frame))
                    told.wrong++;
            }
        }
        return 0;
    } catch (const std::exception& failure) {
        std::printf("player: %s\n", failure.what());
        std::fflush(stdout);
        return 1;
    }
}

/** Whether it decodes for somebody; others wait for a session. */
bool has_session(pid_t worker) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(worker) + "/fd", gone))
        if (fs::read_symlink(entry, gone).string().find("daedalus-session") != std::string::npos)
            return true;
    return false;
}

void killed_workers(Context& context) {
    void* memory = ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(memory != MAP_FAILED, "mmap");
    auto& told = *new (memory) Told{};
    std::vector<pid_t> players;
    for (const char* name : clips) {
        const Clip clip = context.clip(name);
        players.push_back(start_child([&] { return play(context, clip, told); }));
    }
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    const long wanted = context.number("kills", 40);
    long kills = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 + wanted * 5);
    while (kills < wanted && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 700));
        std::vector<pid_t> workers = processes_named("daedalus-worker");
        std::erase_if(workers, [](pid_t worker) { return !has_session(worker); });
        if (workers.empty())
            continue;
        kills += ::kill(workers[random() % workers.size()], SIGKILL) == 0 ? 1 : 0;
    }
    told.enough = true;
    int failed = 0;
    for (const pid_t player : players) {
        int status = 0;
        if (!wait_for_end(player, std::chrono::seconds(60), &status) || status != 0)
            failed++;
    }
    const double lost = kills > 0 ? static_cast<double>(told.lost) / static_cast<double>(kills) : 0;
    context.figure("kills", static_cast<double>(kills), "kills", std::to_string(wanted), kills == wanted);
    context.figure("frames", told.frames, "frames", ">0", told.frames > 0);
    context.figure("lost_per_kill", lost, "frames", "<=1", lost <= 1);
    context.figure("wrong", told.wrong, "frames", "0", told.wrong == 0);
    expect(failed == 0, "a player did not get to its end");
    ::munmap(memory, sizeof(Told));
}

constexpr Scenario list[] = {
    {"killed_workers", "SIGKILL of workers between key frames", killed_workers},
};

} // namespace

std::span<const Scenario> replay_scenarios() {
    return list;
}

} // namespace daedalus::client
