// SPDX-License-Identifier: BSD-2-Clause
// DMABUF import on both queues: contract item 8.
#include "client/scenario.h"
#include "client/timeline.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <poll.h>
#include <string>

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

/** While a device writes to one client's bitstreams, that one waits, and no other. */
void still_written(Context& context) {
    const Clip clip = context.clip("gop");
    Timeline device;
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4, .output_dma_buf = true});
    decoder.start();
    for (const DmaBuffer& memory : decoder.output_memory())
        device.write_to(memory.fd());
    decoder.submit_frames(0, 4);
    decode_with(context, {.depth = 4});
    expect((decoder.device().video().wait(POLLIN, 50) & POLLIN) == 0,
           "a bitstream was decoded before it was written");
    device.advance();
    decoder.submit_frames(4, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

/** Fences that don't signal in time cost a request, and not the session. */
void written_too_late(Context& context) {
    const Clip clip = context.clip("gop");
    Timeline device;
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1, .output_dma_buf = true});
    decoder.start();
    device.write_to(decoder.output_memory()[0].fd());
    decoder.submit_frames(0, 1);
    decoder.drain();
    expect(decoder.take_decoded().at(0).error, "a request whose bitstream never came is without an error");
    decode_with(context, {.depth = 4});
    device.advance();
    decoder.flush();
    const uint32_t idr = clip.next_idr(1);
    decoder.submit_frames(idr, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

/** What is longer than any bitstream is refused; what is in longer memory is not. */
void huge(Context& context) {
    constexpr uint32_t most = 128U << 20;
    constexpr uint32_t size = most + (1U << 20);
    std::ofstream("/sys/module/udmabuf/parameters/size_limit_mb") << size / (1U << 20);
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1, .output_dma_buf = true});
    decoder.start();
    const DmaBuffer memory(DmaBufferSource::udmabuf, size);
    h264::Picture picture = clip.stream.pictures[0];
    std::ranges::copy(picture.bitstream, memory.bytes().begin());
    const Request request(decoder.device());
    Enqueue buffer{.index = 0, .request = request.fd(), .dma_buf = memory.fd(), .length = size};
    for (const uint32_t bytes : {size, most + 1, static_cast<uint32_t>(picture.bitstream.size())}) {
        expect(decoder.device().set_controls(decoder.controls_for(picture), request.fd()) == 0,
               "S_EXT_CTRLS");
        buffer.bytesused = bytes;
        expect(decoder.output().enqueue(buffer) == 0, "QBUF(OUTPUT)");
        const int result = request.queue();
        expect(result == (bytes > most ? -EINVAL : 0),
               "a bitstream of " + std::to_string(bytes) + " bytes gives " + std::to_string(result));
        expect(result == 0 || request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    }
    expect(decoder.capture().enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
    expect((decoder.device().video().wait(POLLIN, 20000) & POLLIN) != 0, "no picture comes");
    const auto done = decoder.capture().dequeue();
    expect(done.has_value() && !done->has_error(), "the picture is in error");
}

constexpr uint32_t mebibyte = 1U << 20;

/** VIDIOC_PREPARE_BUF of buffer 0 of OUTPUT. */
int prepare_output(const Device& device, int dma_buf) {
    v4l2_plane plane{};
    plane.bytesused = 100;
    plane.length = mebibyte;
    plane.m.fd = dma_buf;
    v4l2_buffer buffer = one_plane_buffer(output_queue, V4L2_MEMORY_DMABUF, plane);
    return device.control(VIDIOC_PREPARE_BUF, &buffer);
}

/**
 * A buffer whose next dma-buf will not do lets go of the one before. What was allocated for that must be
 * freed with it, which is for the kernel's leak detector to judge.
 */
void replaced_by_nothing(Context& context) {
    const Device device(context.nodes());
    device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    const DmaBuffer memory(DmaBufferSource::system_heap, mebibyte);
    const int nothing = device.media().get();
    Queue output(device, output_queue, V4L2_MEMORY_DMABUF);
    Queue capture(device, capture_queue, V4L2_MEMORY_DMABUF);
    output.allocate(1);
    capture.allocate(1);
    for (int round = 0; round < 10; round++) {
        expect(prepare_output(device, memory.fd()) == 0, "PREPARE_BUF(OUTPUT)");
        expect(capture.enqueue({.dma_buf = memory.fd()}) == 0, "QBUF(CAPTURE)");
        // Both are the client's again.
        expect(device.stream_off(output_queue) == 0 && device.stream_off(capture_queue) == 0, "STREAMOFF");
        expect(prepare_output(device, nothing) == -EINVAL, "PREPARE_BUF of what is no dma-buf");
        expect(capture.enqueue({.dma_buf = nothing}) == -EINVAL, "QBUF of what is no dma-buf");
    }
}

/** How many dma-bufs of that many bytes there are, whosever they are. */
int dma_bufs_of(size_t size) {
    std::ifstream file("/sys/kernel/debug/dma_buf/bufinfo");
    std::string line;
    int count = 0;
    int all = -1;
    while (std::getline(file, line)) {
        size_t its_size = 0;
        if (std::sscanf(line.c_str(), "Total %d objects", &all) != 1 &&
            std::sscanf(line.c_str(), "%zu", &its_size) == 1 && its_size == size)
            count++;
    }
    expect(all >= 0, "the kernel does not list its dma-bufs");
    return count;
}

/** A dma-buf that is shorter than its client says is refused, and nobody keeps it. */
void shorter_than_said(Context& context) {
    const Device device(context.nodes());
    device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240);
    Queue output(device, output_queue, V4L2_MEMORY_DMABUF);
    Queue capture(device, capture_queue, V4L2_MEMORY_DMABUF);
    output.allocate(1);
    capture.allocate(1);
    // No other dma-buf is of that size.
    const size_t size = size_t{133} * 4096;
    for (int round = 0; round < 10; round++) {
        const DmaBuffer memory(DmaBufferSource::system_heap, size);
        expect(dma_bufs_of(size) == 1, "a dma-buf is kept that was refused");
        expect(prepare_output(device, memory.fd()) == -EINVAL, "PREPARE_BUF of a short dma-buf");
        expect(capture.enqueue({.dma_buf = memory.fd(), .length = mebibyte}) == -EINVAL,
               "QBUF of a short dma-buf");
    }
    expect(dma_bufs_of(size) == 0, "a dma-buf is kept that was refused");
}

/** A request that brings what is no dma-buf after one that is; the buffer is as good as any after that. */
void replaced_by_nothing_in_request(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1, .output_dma_buf = true});
    decoder.start();
    decoder.submit_frames(0, 1);
    decoder.drain();
    const Request request(decoder.device());
    h264::Picture picture = clip.stream.pictures[1];
    expect(decoder.device().set_controls(decoder.controls_for(picture), request.fd()) == 0, "S_EXT_CTRLS");
    const int nothing = decoder.device().media().get();
    const Enqueue buffer{.bytesused = 100, .request = request.fd(), .dma_buf = nothing, .length = mebibyte};
    expect(decoder.output().enqueue(buffer) == 0, "QBUF(OUTPUT)");
    expect(request.queue() == -EINVAL, "a request with what is no dma-buf was queued");
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    decoder.submit_frames(1, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

constexpr Scenario list[] = {
    {"import_system_heap", "CAPTURE in memory of the system heap", system_heap},
    {"import_udmabuf", "CAPTURE in a memfd", udmabuf},
    {"import_output", "both queues in memory of the system heap", output},
    {"import_too_small", "a dma-buf below sizeimage", too_small},
    {"import_exchanged", "other dma-bufs in the same buffers", exchanged},
    {"import_replaced_by_nothing", "a file that is no dma-buf after one that is", replaced_by_nothing},
    {"import_shorter_than_said", "a length behind the dma-buf's end", shorter_than_said},
    {"import_replaced_in_request", "the same in a request", replaced_by_nothing_in_request},
    {"import_still_written", "bitstreams that a device still writes", still_written},
    {"import_written_too_late", "bitstreams that are not written in time", written_too_late},
    {"import_huge", "bitstreams in more memory than they may have", huge},
};

} // namespace

std::span<const Scenario> import_scenarios() {
    return list;
}

} // namespace daedalus::client
