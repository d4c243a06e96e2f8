// SPDX-License-Identifier: BSD-2-Clause
// Streams that have been made wrong, a session for each: all of it is answered, and a good one behind them is
// right.
#include "client/scenario.h"
#include "support/h264/mutator.h"

#include <cstdio>

namespace daedalus::client {

namespace {

constexpr const char* names[] = {"tiny", "gop", "baseline", "multi_slice", "weighted", "b_pyramid"};
/** Pictures of each stream: more than a key frame interval of most. */
constexpr size_t pictures = 14;
constexpr long streams_between_good_ones = 25;

/** Plays the beginning of a clip, changed as @p seed has it; the number of frames that were in error. */
size_t play_mutated(Context& context, const Clip& clip, unsigned seed, size_t& refused) {
    h264::Mutator mutator(seed);
    StreamDecoder decoder(context.nodes(), clip.stream,
                          {.depth = 1 + seed % 4, .timeout_ms = 60000, .check_pixels = false});
    decoder.start();
    for (size_t i = 0; i < pictures && i < clip.stream.pictures.size(); i++) {
        h264::Picture picture = clip.stream.pictures[i];
        mutator.mutate(picture);
        // The kernel has the right not to take what no stream can say.
        refused += decoder.submit(picture) == 0 ? 0 : 1;
    }
    decoder.drain();
    size_t errors = 0;
    for (const DecodedFrame& frame : decoder.decoded())
        errors += frame.error ? 1 : 0;
    return errors;
}

void play_good(Context& context, const Clip& clip) {
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4, .timeout_ms = 60000});
    decoder.start();
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

void mutated(Context& context) {
    const long streams = context.number("streams", 50);
    const auto first = static_cast<unsigned>(context.number("seed", 1));
    std::vector<Clip> clips;
    for (const char* name : names)
        clips.push_back(context.clip(name));
    size_t errors = 0;
    size_t refused = 0;
    size_t good = 0;
    for (long i = 0; i < streams; i++) {
        const unsigned seed = first + static_cast<unsigned>(i);
        try {
            errors += play_mutated(context, clips[seed % clips.size()], seed, refused);
            if (i % streams_between_good_ones == 0 || i + 1 == streams) {
                play_good(context, clips[0]);
                good++;
            }
        } catch (const std::exception& failure) {
            throw Failure("seed " + std::to_string(seed) + ": " + failure.what());
        }
    }
    context.figure("streams", static_cast<double>(streams), "streams", "-", true);
    context.figure("errors", static_cast<double>(errors), "frames", ">0", errors > 0);
    context.figure("refused", static_cast<double>(refused), "requests", "-", true);
    context.figure("right_between", static_cast<double>(good), "streams", ">0", good > 0);
}

constexpr Scenario list[] = {
    {"mutated", "streams that have been made wrong", mutated},
};

} // namespace

std::span<const Scenario> mutated_scenarios() {
    return list;
}

} // namespace daedalus::client
