// SPDX-License-Identifier: BSD-2-Clause
#include "endless_players.h"

#include "client/process.h"

#include <csignal>

namespace daedalus::client {

namespace {

constexpr std::chrono::seconds patience(90);
/// More than twice the JobTimeoutMs of the cases that use this: by then the kernel has given a request up,
/// and it counts as lost.
constexpr int timeout_ms = 45000;

void play(const Context& context, const Clip& clip, Told& told) {
    while (!told.enough) {
        StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 2, .timeout_ms = timeout_ms});
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
}

} // namespace

EndlessPlayers::EndlessPlayers(const Context& context, std::span<const char* const> clips, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const Clip clip = context.clip(clips[i % clips.size()]);
        players_.push_back(start_child("player", [&] { play(context, clip, told_[0]); }));
    }
}

EndlessPlayers::~EndlessPlayers() {
    for (const pid_t player : players_) {
        ::kill(player, SIGKILL);
        wait_for_end(player, patience);
    }
}

int EndlessPlayers::finish() {
    told_[0].enough = true;
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
