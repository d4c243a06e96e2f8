// SPDX-License-Identifier: BSD-2-Clause
// STREAMOFF and STREAMON with buffers kept: contract items 11 and 16.
#include "client/scenario.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace daedalus::client {

namespace {

double milliseconds_of(const std::function<void()>& action) {
    const auto begin = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

/** Jumps from IDR picture to IDR picture with requests in flight; the SPS is not sent again. */
void seek_in_flight(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4});
    decoder.start();
    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    double slowest = 0;
    const long seeks = context.number("seeks", 40);
    for (long seek = 0; seek < seeks; seek++) {
        uint32_t begin = clip.next_idr(static_cast<uint32_t>(random() % clip.frame_count()));
        if (begin == clip.frame_count())
            begin = 0;
        const auto length = static_cast<uint32_t>(1 + random() % 9);
        decoder.submit_frames(begin, std::min(begin + length, clip.frame_count()));
        slowest = std::max(slowest, milliseconds_of([&] { decoder.flush(); }));
    }
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
    context.figure("seeks", static_cast<double>(seeks), "seeks", "bit-exact", true);
    context.figure("slowest_flush", slowest, "ms", "<250", slowest < 250);
}

/** After everything has been drained, as FFmpeg seeks. */
void seek_drained(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4, .timestamps = Timestamps::recycled});
    decoder.start();
    for (const uint32_t begin : {0U, 20U, 40U, 10U}) {
        decoder.submit_frames(begin, begin + 10);
        decoder.drain();
        decoder.flush();
    }
    expect(decoder.decoded().size() == 40, "not every frame came back");
    expect_bit_exact(clip, decoder.decoded());
}

/** Only one queue is stopped: the other keeps its buffers. */
void output_only(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4});
    decoder.start();
    decoder.submit_frames(0, 10);
    decoder.drain();
    expect(decoder.device().stream_off(output_queue) == 0, "STREAMOFF(OUTPUT)");
    expect(decoder.device().stream_on(output_queue) == 0, "STREAMON(OUTPUT)");
    decoder.submit_frames(10, 20);
    decoder.drain();
    expect(decoder.device().stream_off(capture_queue) == 0, "STREAMOFF(CAPTURE)");
    expect(decoder.device().stream_on(capture_queue) == 0, "STREAMON(CAPTURE)");
    decoder.submit_frames(20, 30);
    decoder.drain();
    expect(decoder.decoded().size() == 30, "not every frame came back");
    expect_bit_exact(clip, decoder.decoded());
}

constexpr Scenario list[] = {
    {"seek_in_flight", "stream off and on with requests in flight", seek_in_flight},
    {"seek_drained", "stream off and on after draining", seek_drained},
    {"seek_one_queue", "stream off and on of one queue", output_only},
};

} // namespace

std::span<const Scenario> seek_scenarios() {
    return list;
}

} // namespace daedalus::client
