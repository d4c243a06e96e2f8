// SPDX-License-Identifier: BSD-2-Clause
// DMABUF import on both queues: contract item 8.
#include "client/scenario.h"

#include <algorithm>
#include <cerrno>

namespace daedalus::client {

namespace {

void decode_with(Context& context, const Settings& settings) {
    for (const char* name : {"gop", "size_130x70"}) {
        const Clip clip = context.clip(name);
        StreamDecoder decoder(context.nodes(), clip.stream, settings);
        // Stale bytes of the client's must not show through.
        decoder.before_capture = [](std::span<uint8_t> bytes) { std::ranges::fill(bytes, uint8_t{0xa5}); };
        decoder.start();
        decoder.submit_frames(0, clip.frame_count());
        decoder.drain();
        expect(decoder.decoded().size() == clip.frame_count(), "not every frame came back");
        expect_bit_exact(clip, decoder.decoded());
    }
}

void system_heap(Context& context) {
    decode_with(context, {.depth = 4, .capture_memory = CaptureMemory::system_heap});
}

void udmabuf(Context& context) {
    decode_with(context, {.depth = 4, .capture_memory = CaptureMemory::udmabuf});
}

void output(Context& context) {
    decode_with(context, {.depth = 4, .capture_memory = CaptureMemory::system_heap, .output_dma_buf = true});
}

/** A dma-buf that can't hold the picture is refused before anything is written. */
void too_small(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream,
                          {.depth = 2, .capture_memory = CaptureMemory::system_heap});
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    const DmaBuffer small(DmaBufferSource::system_heap, 4096);
    const int result = decoder.capture().enqueue({.index = 0, .dma_buf = small.fd()});
    expect(result == -EINVAL, "QBUF of a dma-buf of one page gave " + std::to_string(result));
}

/** One dma-buf after another in the same index, as a compositor's swapchain does it. */
void exchanged(Context& context) {
    const Clip clip = context.clip("lockstep");
    Settings settings{.depth = 1, .capture_memory = CaptureMemory::system_heap};
    StreamDecoder decoder(context.nodes(), clip.stream, settings);
    decoder.start();
    decoder.submit_frames(0, 10);
    decoder.drain();
    decoder.flush();
    // Everything that was imported is let go and imported again.
    decoder.stop();
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    decoder.stream_on();
    decoder.submit_frames(10, 20);
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

constexpr Scenario list[] = {
    {"import_system_heap", "CAPTURE in memory of the system heap", system_heap},
    {"import_udmabuf", "CAPTURE in a memfd", udmabuf},
    {"import_output", "both queues in memory of the system heap", output},
    {"import_too_small", "a dma-buf below sizeimage", too_small},
    {"import_exchanged", "other dma-bufs in the same buffers", exchanged},
};

} // namespace

std::span<const Scenario> import_scenarios() {
    return list;
}

} // namespace daedalus::client
