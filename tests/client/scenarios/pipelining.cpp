// SPDX-License-Identifier: BSD-2-Clause
// Requests in flight: contract items 12, 13, 17. Every decode here also checks
// the order of buffers, their timestamps and that both can be dequeued when
// the request fd signals; StreamDecoder does.
#include "client/scenario.h"

#include <algorithm>

namespace daedalus::client {

namespace {

/** Decodes a whole clip and returns the slowest request in milliseconds. */
double decode_whole(Context& context, const Clip& clip, const Settings& settings) {
    StreamDecoder decoder(context.nodes(), clip.stream, settings);
    decoder.start();
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    expect(decoder.decoded().size() == clip.frame_count(), "not every frame came back");
    expect_bit_exact(clip, decoder.decoded());
    double slowest = 0;
    for (const DecodedFrame& frame : decoder.decoded())
        slowest = std::max(slowest, frame.latency_ms);
    return slowest;
}

void at_depth(Context& context, uint32_t depth) {
    const Clip clip = context.clip("gop");
    const double slowest = decode_whole(context, clip, {.depth = depth});
    context.figure("frames", static_cast<double>(clip.frame_count()), "frames", "bit-exact", true);
    context.figure("slowest_request", slowest, "ms", "-", true);
}

void depth_1(Context& context) {
    at_depth(context, 1);
}
void depth_4(Context& context) {
    at_depth(context, 4);
}
void depth_16(Context& context) {
    at_depth(context, 16);
}

void sixteen_references(Context& context) {
    const Clip clip = context.clip("refs16");
    decode_whole(context, clip, {.depth = 4});
}

/** Requests that refer to one another are all queued before the first can be decoded. */
void undecoded_references(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 16, .capture_buffers = 32});
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    decoder.submit_frames(0, 16);
    expect(decoder.in_flight() == 16, "a request completed before streaming began");
    decoder.stream_on();
    decoder.drain();
    expect(decoder.decoded().size() == 16, "not every frame came back");
    expect_bit_exact(clip, decoder.decoded());
}

/** SLICE_PARAMS, PRED_WEIGHTS and SCALING_MATRIX with every request, as libva and FFmpeg send them. */
void all_controls(Context& context) {
    for (const char* name : {"weighted", "high_8x8_matrix"})
        decode_whole(context, context.clip(name), {.depth = 2, .all_controls = true});
}

void every_clip(Context& context) {
    size_t clips = 0;
    size_t frames = 0;
    for (const char* name :
         {"baseline", "main", "high", "b_pyramid", "multi_slice", "multi_slice_mbs", "intra_refresh",
          "cavlc_no_deblock", "lossy_constrained_intra", "temporal_direct", "open_gop", "mbaff", "size_16x16",
          "size_18x34", "size_130x70", "size_200x114", "size_720x576", "size_1920x1080", "size_1920x1088"}) {
        const Clip clip = context.clip(name);
        try {
            decode_whole(context, clip, {.depth = 3});
        } catch (const Failure& failure) {
            throw Failure(std::string(name) + ": " + failure.what());
        }
        clips++;
        frames += clip.frame_count();
    }
    context.figure("clips", static_cast<double>(clips), "clips", "bit-exact", true);
    context.figure("frames", static_cast<double>(frames), "frames", "bit-exact", true);
}

constexpr Scenario list[] = {
    {"depth_1", "one request at a time", depth_1},
    {"depth_4", "four requests in flight", depth_4},
    {"depth_16", "sixteen requests in flight", depth_16},
    {"sixteen_references", "a stream with 16 reference frames", sixteen_references},
    {"undecoded_references", "references queued before they are decoded", undecoded_references},
    {"all_controls", "optional controls with every request", all_controls},
    {"every_clip", "every kind of stream", every_clip},
};

} // namespace

std::span<const Scenario> pipelining_scenarios() {
    return list;
}

} // namespace daedalus::client
