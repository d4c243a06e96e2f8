// SPDX-License-Identifier: BSD-2-Clause
// As many sessions as there may be: all are served, those that do the same get the same, and the next one is
// told that there are too many.
#include "client/process.h"
#include "client/scenario.h"
#include "client/shared_array.h"
#include "waiting_client.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>

namespace daedalus::client {

namespace {

using Clock = std::chrono::steady_clock;

constexpr long players = 16;
/** Until as many workers as that have been started on one emulated processor. */
constexpr std::chrono::minutes patience(10);
constexpr uint32_t idle_frames = 8;

/** What a player tells. */
struct Served {
    std::atomic<bool> enough;
    std::atomic<uint32_t> frames;
    std::atomic<uint32_t> wrong;
};

void play(const Context& context, const Clip& clip, Served& served) {
    // Enough that its worker always has something to do: then the processor is what they share, and not the
    // luck of who is woken first. With four, as long as it takes for the client to have a turn among 32
    // processes the worker can run dry, and a session whose two processes wait for each other has half the
    // processor of one where they don't.
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 8, .timeout_ms = 120000});
    decoder.on_frame = [&](const DecodedFrame& frame, std::span<const uint8_t>) {
        served.frames++;
        if (frame.error || frame.md5 != clip.expected(frame.frame))
            served.wrong++;
    };
    play_until([&] { return served.enough.load(); }, decoder, clip);
}

class Players {
  public:
    Players(const Context& context, const Clip& clip) : served_(players) {
        for (Served& served : served_)
            pids_.push_back(start_child("player", [&] { play(context, clip, served); }));
    }
    ~Players() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
            wait_for_end(pid, std::chrono::seconds(10));
        }
    }
    Players(const Players&) = delete;
    Players& operator=(const Players&) = delete;

    /** Until each has got so many frames. */
    bool wait_for_frames(uint32_t frames) const {
        for (const auto end = Clock::now() + patience; Clock::now() < end;) {
            if (std::ranges::all_of(served_, [&](const Served& one) { return one.frames >= frames; }))
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return false;
    }

    /**
     * The slowest one's frames over the fastest one's, while that one gets so many. Few of them would compare
     * how frames fall into the time, and not the rates.
     */
    double fairness(uint32_t frames) const {
        std::vector<uint32_t> before;
        for (const Served& one : served_)
            before.push_back(one.frames);
        uint32_t fewest = 0;
        uint32_t most = 0;
        for (const auto end = Clock::now() + patience; most < frames && Clock::now() < end;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            fewest = std::numeric_limits<uint32_t>::max();
            most = 0;
            for (size_t i = 0; i < before.size(); i++) {
                const uint32_t got = served_[i].frames - before[i];
                fewest = std::min(fewest, got);
                most = std::max(most, got);
            }
        }
        std::printf("frames of each player:");
        for (size_t i = 0; i < before.size(); i++)
            std::printf(" %u", served_[i].frames - before[i]);
        std::printf("\n");
        expect(most >= frames, "the fastest of the players got only " + std::to_string(most) + " frames");
        return static_cast<double>(fewest) / most;
    }

    /** Plays to the end; the number of frames that were not right. */
    uint32_t finish() {
        for (Served& one : served_)
            one.enough = true;
        uint32_t wrong = 0;
        for (const pid_t pid : pids_) {
            int status = 0;
            expect(wait_for_end(pid, patience, &status) && status == 0, "a player did not get to its end");
        }
        pids_.clear();
        for (const Served& one : served_)
            wrong += one.wrong;
        return wrong;
    }

  private:
    SharedArray<Served> served_;
    std::vector<pid_t> pids_;
};

/** What STREAMON of one more session says. */
int one_more(const Context& context) {
    return WaitingClient(context.nodes()).stream_on();
}

void many_sessions(Context& context) {
    const long sessions = context.number("sessions", 64);
    const Clip clip = context.clip("gop");
    const Clip idle_clip = context.clip("tiny");
    std::vector<std::unique_ptr<StreamDecoder>> idle;
    for (long i = players; i < sessions; i++) {
        idle.push_back(std::make_unique<StreamDecoder>(context.nodes(), idle_clip.stream,
                                                       Settings{.depth = 1, .timeout_ms = 120000}));
        idle.back()->start();
    }
    Players busy(context, clip);
    expect(busy.wait_for_frames(clip.frame_count()), "not every player is served");
    context.figure("open", static_cast<double>(sessions), "sessions", "-", true);

    const int refused = one_more(context);
    context.figure("one_more", refused, "errno", std::to_string(-EBUSY), refused == -EBUSY);
    const double fairness = busy.fairness(static_cast<uint32_t>(context.number("fairness-frames", 1000)));
    context.figure("fairness", fairness, "slowest/fastest", ">0.8", fairness > 0.8);

    // Those that only waited are served as well, while the others go on.
    size_t served = 0;
    for (const auto& decoder : idle) {
        decoder->submit_frames(0, idle_frames);
        decoder->drain();
        served += count_differences(idle_clip, decoder->decoded()) == 0 ? 1 : 0;
    }
    context.figure("idle_served", static_cast<double>(served), "sessions", std::to_string(idle.size()),
                   served == idle.size());
    const uint32_t wrong = busy.finish();
    context.figure("wrong", wrong, "frames", "0", wrong == 0);
}

constexpr Scenario list[] = {
    {"many_sessions", "as many sessions as there may be, and one more", many_sessions},
};

} // namespace

std::span<const Scenario> many_sessions_scenarios() {
    return list;
}

} // namespace daedalus::client
