// SPDX-License-Identifier: BSD-2-Clause
// Timestamps as different clients make them: contract item 17.
#include "client/scenario.h"

namespace daedalus::client {

namespace {

void with(Context& context, const char* clip_name, Timestamps timestamps, uint32_t depth) {
    const Clip clip = context.clip(clip_name);
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = depth, .timestamps = timestamps});
    decoder.start();
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    expect(decoder.decoded().size() == clip.frame_count(), "not every frame came back");
    expect_bit_exact(clip, decoder.decoded());
}

void recycled(Context& context) {
    with(context, "gop", Timestamps::recycled, 4);
}
void recycled_from_one(Context& context) {
    with(context, "gop", Timestamps::recycled_from_one, 4);
}
void wall_clock(Context& context) {
    with(context, "gop", Timestamps::wall_clock, 4);
}
/** Only a stream that always refers to the frame before can do with one timestamp. */
void zero(Context& context) {
    with(context, "lockstep", Timestamps::zero, 1);
}

constexpr Scenario list[] = {
    {"timestamps_recycled", "CAPTURE buffer indexes, 0 included", recycled},
    {"timestamps_recycled_from_one", "CAPTURE buffer indexes + 1", recycled_from_one},
    {"timestamps_wall_clock", "microseconds since 1970", wall_clock},
    {"timestamps_zero", "0 on every frame", zero},
};

} // namespace

std::span<const Scenario> timestamp_scenarios() {
    return list;
}

} // namespace daedalus::client
