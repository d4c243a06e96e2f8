// SPDX-License-Identifier: BSD-2-Clause
// Nobody decodes: errored buffers, promptly, and nothing hangs.
#include "client/scenario.h"

#include <algorithm>

namespace daedalus::client {

namespace {

constexpr double bar_ms = 100;

/** To be run while no daemon is attached. */
void absent(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4, .timeout_ms = 1000});
    decoder.start();
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    double slowest = 0;
    size_t errors = 0;
    for (const DecodedFrame& frame : decoder.decoded()) {
        slowest = std::max(slowest, frame.latency_ms);
        errors += frame.error ? 1 : 0;
    }
    context.figure("errors", static_cast<double>(errors), "frames", std::to_string(clip.frame_count()),
                   errors == clip.frame_count());
    context.figure("slowest", slowest, "ms", "<100", slowest < bar_ms);
    decoder.flush();
    decoder.submit_frames(0, 4);
    decoder.stop();
}

/** The same with many requests already queued when streaming begins. */
void absent_at_stream_on(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream,
                          {.depth = 16, .capture_buffers = 32, .timeout_ms = 1000});
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    decoder.submit_frames(0, 16);
    decoder.stream_on();
    decoder.drain();
    for (const DecodedFrame& frame : decoder.decoded())
        expect(frame.error, "a frame came back without error, but nobody decoded it");
}

constexpr Scenario list[] = {
    {"absent_daemon", "errored buffers without a daemon", absent},
    {"absent_daemon_queue_first", "requests queued before stream-on", absent_at_stream_on},
};

} // namespace

std::span<const Scenario> no_daemon_scenarios() {
    return list;
}

} // namespace daedalus::client
