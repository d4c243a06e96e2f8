// SPDX-License-Identifier: BSD-2-Clause
// Allocation, export and sizes of buffers: contract items 5 and 8.
#include "client/scenario.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>

namespace daedalus::client {

namespace {

/** A device with the formats of a 320x240 stream. */
struct Configured {
    explicit Configured(Context& context) : device(context.nodes()) {
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240, 256 * 1024);
    }

    Device device;
};

void create_nothing(Context& context) {
    const Configured configured(context);
    for (const uint32_t type : {output_queue, capture_queue}) {
        Queue queue(configured.device, type);
        expect(queue.create(0) >= 0, "CREATE_BUFS with count 0");
        expect(queue.capabilities() != 0, "CREATE_BUFS with count 0 tells no capabilities");
    }
    // Chromium and GStreamer ask before any format is set.
    const Device fresh(context.nodes());
    Queue queue(fresh, output_queue);
    expect(queue.create(0) >= 0, "CREATE_BUFS with count 0 on a fresh file");
    expect((queue.capabilities() & V4L2_BUF_CAP_SUPPORTS_REQUESTS) != 0, "no SUPPORTS_REQUESTS");
}

void one_by_one(Context& context) {
    const Configured configured(context);
    Queue queue(configured.device, capture_queue);
    const int wanted = 64;
    for (int i = 0; i < wanted; i++) {
        const int index = queue.create(1);
        if (index < 0)
            throw Failure("CREATE_BUFS of CAPTURE buffer " + std::to_string(i) + " gave " +
                          std::to_string(index));
        expect(index == i, "CREATE_BUFS gave another index");
    }
    Queue output(configured.device, output_queue);
    output.allocate(17);
}

void sixty_four(Context& context) {
    const Configured configured(context);
    Queue queue(configured.device, capture_queue);
    queue.allocate(64);
    context.figure("capture_buffers", queue.count(), "buffers", "64", queue.count() >= 64);
}

void too_many(Context& context) {
    const Configured configured(context);
    Queue queue(configured.device, capture_queue);
    int result = 0;
    int created = 0;
    while (created < 4096 && (result = queue.create(1)) >= 0)
        created++;
    expect(result == -ENOBUFS,
           "CREATE_BUFS past the maximum gave " + std::to_string(result) + ", not ENOBUFS");
    context.figure("maximum", created, "buffers", ">=64", created >= 64);
}

void sizes(Context& context) {
    const Device device(context.nodes());
    const auto sizeimage = [&](uint32_t width, uint32_t height, uint32_t asked) {
        return device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, width, height, asked)
            .fmt.pix_mp.plane_fmt[0]
            .sizeimage;
    };
    expect(sizeimage(64, 64, 0) >= 256 * 1024, "OUTPUT sizeimage is below the floor of 256 KiB");
    expect(sizeimage(64, 64, 1) >= 256 * 1024, "a sizeimage of 1 is not raised to 256 KiB");
    expect(sizeimage(320, 240, 4 * 1024 * 1024) >= 4 * 1024 * 1024, "4 MiB are not honoured");
    constexpr uint32_t raw = 1920 * 1088 * 3 / 2;
    expect(sizeimage(1920, 1088, raw) >= raw, "the raw frame size is not honoured");
    expect(sizeimage(320, 240, UINT32_MAX) < UINT32_MAX, "a sizeimage of 4 GiB is not limited");
}

void create_with_size(Context& context) {
    const Configured configured(context);
    for (const uint32_t type : {output_queue, capture_queue}) {
        const v4l2_format format = configured.device.format(type);
        v4l2_create_buffers request{};
        request.count = 1;
        request.memory = V4L2_MEMORY_MMAP;
        request.format = format;
        request.format.fmt.pix_mp.plane_fmt[0].sizeimage *= 2;
        expect(configured.device.control(VIDIOC_CREATE_BUFS, &request) == 0, "CREATE_BUFS of twice the size");
        const Queue queue(configured.device, type);
        v4l2_plane plane{};
        queue.query(request.index, plane);
        expect(plane.length >= 2 * format.fmt.pix_mp.plane_fmt[0].sizeimage, "a larger size is not honoured");
        request.count = 1;
        request.format = format;
        request.format.fmt.pix_mp.plane_fmt[0].sizeimage /= 2;
        expect(configured.device.control(VIDIOC_CREATE_BUFS, &request) == -EINVAL,
               "CREATE_BUFS of half the size is not refused");
        request.format = format;
        request.format.fmt.pix_mp.num_planes = 2;
        expect(configured.device.control(VIDIOC_CREATE_BUFS, &request) == -EINVAL,
               "CREATE_BUFS of two planes is not refused");
        if (type != output_queue)
            continue;
        request.format = format;
        for (const uint32_t absurd : {uint32_t{128} * 1024 * 1024 + 1, UINT32_MAX - 4095}) {
            request.format.fmt.pix_mp.plane_fmt[0].sizeimage = absurd;
            expect(configured.device.control(VIDIOC_CREATE_BUFS, &request) == -EINVAL,
                   "CREATE_BUFS of " + std::to_string(absurd) + " bytes of bitstream is not refused");
        }
    }
}

/** An exported buffer is the same memory as the mapped one. */
void exported(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
    decoder.start();
    const File read_only = decoder.capture().export_buffer(0, O_RDONLY | O_CLOEXEC);
    const File writable = decoder.capture().export_buffer(0, O_RDWR | O_CLOEXEC);
    const auto size = static_cast<size_t>(decoder.capture().memory_of(0).size());
    expect((::fcntl(read_only.get(), F_GETFL) & O_ACCMODE) == O_RDONLY, "EXPBUF(O_RDONLY) is writable");
    expect(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, read_only.get(), 0) == MAP_FAILED,
           "a read-only dma-buf can be mapped for writing");
    const Mapping view(read_only.get(), size, PROT_READ, 0);
    const Mapping writable_view(writable.get(), size, PROT_READ | PROT_WRITE, 0);
    decoder.submit_frames(0, 1);
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
    const DmaBufferRead access(read_only.get());
    expect(std::ranges::equal(view.bytes(), decoder.capture().memory_of(0)),
           "the exported buffer is not the mapped one");
    expect(std::ranges::equal(writable_view.bytes(), view.bytes()), "two exports differ");
}

/** Clients keep exports longer than the buffers: contract item 8, libva and compositors. */
void export_outlives_buffer(Context& context) {
    const Clip clip = context.clip("gop");
    File exported;
    size_t size = 0;
    std::vector<uint8_t> before;
    {
        StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
        decoder.start();
        decoder.submit_frames(0, 1);
        decoder.drain();
        size = decoder.capture().memory_of(0).size();
        before.assign(decoder.capture().memory_of(0).begin(), decoder.capture().memory_of(0).end());
        exported = decoder.capture().export_buffer(0, O_RDWR | O_CLOEXEC);
    }
    const Mapping view(exported.get(), size, PROT_READ, 0);
    expect(std::ranges::equal(view.bytes(), before), "the picture changed when its buffer was freed");
}

/** libva reads its bitstream back. */
void output_readable(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
    decoder.start();
    decoder.submit_frames(0, 1);
    decoder.drain();
    const std::vector<uint8_t>& sent = clip.stream.pictures[0].bitstream;
    expect(std::ranges::equal(decoder.output().memory_of(0).first(sent.size()), sent),
           "the OUTPUT buffer does not hold what was written");
}

/** What a new buffer holds must be nobody's: one value throughout, zero or grey. */
void fresh_memory(Context& context) {
    const Configured configured(context);
    for (const uint32_t type : {output_queue, capture_queue}) {
        Queue queue(configured.device, type);
        queue.allocate(4);
        for (uint32_t index = 0; index < 4; index++) {
            const std::span<const uint8_t> memory = queue.memory_of(index);
            const uint8_t first = memory[0];
            expect((first == 0 || first == 0x80) &&
                       std::ranges::all_of(memory, [&](uint8_t byte) { return byte == first; }),
                   "a new buffer is not empty");
        }
    }
}

#ifdef VIDIOC_REMOVE_BUFS
void removed(Context& context) {
    const Configured configured(context);
    Queue queue(configured.device, capture_queue);
    queue.allocate(4);
    if ((queue.capabilities() & V4L2_BUF_CAP_SUPPORTS_REMOVE_BUFS) == 0)
        throw Skip("the kernel has no REMOVE_BUFS");
    v4l2_remove_buffers remove{};
    remove.type = capture_queue;
    remove.index = 1;
    remove.count = 2;
    configured.device.must("REMOVE_BUFS", VIDIOC_REMOVE_BUFS, &remove);
    v4l2_plane plane{};
    queue.query(0, plane);
    queue.query(3, plane);
    expect(configured.device.control(VIDIOC_REMOVE_BUFS, &remove) == -EINVAL, "buffers can be removed twice");
    expect(queue.enqueue({.index = 1}) == -EINVAL, "a removed buffer can be queued");
    // The hole is filled first.
    expect(queue.create(2) == 1, "CREATE_BUFS does not fill the hole");
}
#else
void removed(Context& /*context*/) {
    throw Skip("built without REMOVE_BUFS");
}
#endif

constexpr Scenario list[] = {
    {"buffers_create_none", "CREATE_BUFS with count 0", create_nothing},
    {"buffers_one_by_one", "64 CAPTURE and 17 OUTPUT buffers", one_by_one},
    {"buffers_64", "64 CAPTURE buffers at once", sixty_four},
    {"buffers_too_many", "ENOBUFS past the maximum", too_many},
    {"buffers_sizes", "OUTPUT sizeimage", sizes},
    {"buffers_create_sizes", "CREATE_BUFS with other sizes", create_with_size},
    {"buffers_fresh", "new buffers hold nothing", fresh_memory},
    {"buffers_removed", "REMOVE_BUFS", removed},
    {"buffers_exported", "EXPBUF, read-only and writable", exported},
    {"buffers_export_outlives", "an export outlives its buffer", export_outlives_buffer},
    {"buffers_output_readable", "OUTPUT can be read back", output_readable},
};

} // namespace

std::span<const Scenario> buffer_scenarios() {
    return list;
}

} // namespace daedalus::client
