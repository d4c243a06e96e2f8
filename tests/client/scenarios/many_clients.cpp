// SPDX-License-Identifier: BSD-2-Clause
// Several processes at once: contract item 2.
#include "client/scenario.h"

#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

/** Runs @p count processes that each play another clip; every one must be bit-exact. */
void clients(Context& context, int count) {
    static const char* const names[] = {"gop",      "b_pyramid",  "multi_slice", "size_130x70",
                                        "weighted", "other_size", "baseline",    "refs16"};
    std::vector<pid_t> children;
    for (int i = 0; i < count; i++) {
        const pid_t child = ::fork();
        expect(child >= 0, "fork");
        if (child > 0) {
            children.push_back(child);
            continue;
        }
        try {
            const Clip clip = context.clip(names[i % 8]);
            StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1 + static_cast<uint32_t>(i) % 4});
            decoder.start();
            decoder.submit_frames(0, clip.frame_count());
            decoder.drain();
            expect_bit_exact(clip, decoder.decoded());
        } catch (const std::exception& failure) {
            std::printf("client %d (%s): %s\n", i, names[i % 8], failure.what());
            std::fflush(stdout);
            ::_exit(1);
        }
        ::_exit(0);
    }
    int bad = 0;
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        bad += status != 0 ? 1 : 0;
    }
    context.figure("clients", count - bad, "clients", std::to_string(count), bad == 0);
}

void two(Context& context) {
    clients(context, 2);
}
void eight(Context& context) {
    clients(context, 8);
}

/** One process with several open files, as libva's drivers and browsers have. */
void interleaved(Context& context) {
    const Clip first = context.clip("gop");
    const Clip second = context.clip("size_130x70");
    StreamDecoder a(context.nodes(), first.stream, {.depth = 2});
    StreamDecoder b(context.nodes(), second.stream, {.depth = 2});
    a.start();
    b.start();
    for (uint32_t frame = 0; frame < second.frame_count(); frame++) {
        a.submit_frames(frame, frame + 1);
        b.submit_frames(frame, frame + 1);
    }
    a.drain();
    b.drain();
    expect_bit_exact(first, a.decoded());
    expect_bit_exact(second, b.decoded());
}

constexpr Scenario list[] = {
    {"clients_2", "two processes at once", two},
    {"clients_8", "eight processes at once", eight},
    {"clients_interleaved", "two files of one process", interleaved},
};

} // namespace

std::span<const Scenario> many_clients_scenarios() {
    return list;
}

} // namespace daedalus::client
