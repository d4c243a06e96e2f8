// SPDX-License-Identifier: BSD-2-Clause
#include "endless_players.h"

#include "client/process.h"

#include <csignal>
#include <cstdio>
#include <sys/mman.h>

namespace daedalus::client {

namespace {

constexpr std::chrono::seconds patience(60);

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

} // namespace

EndlessPlayers::EndlessPlayers(const Context& context, std::span<const char* const> clips, unsigned count) {
    void* memory = ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(memory != MAP_FAILED, "mmap");
    told_ = new (memory) Told{};
    for (unsigned i = 0; i < count; i++) {
        const Clip clip = context.clip(clips[i % clips.size()]);
        players_.push_back(start_child([&] { return play(context, clip, *told_); }));
    }
}

EndlessPlayers::~EndlessPlayers() {
    for (const pid_t player : players_) {
        ::kill(player, SIGKILL);
        wait_for_end(player, patience);
    }
    ::munmap(told_, sizeof(Told));
}

int EndlessPlayers::finish() {
    told_->enough = true;
    int failed = 0;
    std::vector<pid_t> playing;
    for (const pid_t player : players_) {
        int status = 0;
        if (!wait_for_end(player, patience, &status))
            playing.push_back(player);
        failed += status != 0 || (!playing.empty() && playing.back() == player) ? 1 : 0;
    }
    players_ = playing;
    return failed;
}

} // namespace daedalus::client
