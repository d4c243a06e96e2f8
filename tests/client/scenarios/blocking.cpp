// SPDX-License-Identifier: BSD-2-Clause
// Blocking calls and poll: contract item 16.
#include "client/scenario.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <future>
#include <poll.h>
#include <string>
#include <thread>

namespace daedalus::client {

namespace {

constexpr auto settle = std::chrono::milliseconds(150);
/** Until what must come has come: a worker has to be started on a busy machine for it. */
constexpr int patience_ms = 20000;

/** A device in blocking mode with both queues streaming and nothing to decode. */
struct Streaming {
    explicit Streaming(Context& context) : Streaming(context.nodes()) {}
    explicit Streaming(const Nodes& nodes)
        : device(nodes), output(device, output_queue), capture(device, capture_queue) {
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 176, 144, 0);
        output.allocate(2);
        capture.allocate(4);
        expect(device.stream_on(output_queue) == 0 && device.stream_on(capture_queue) == 0, "STREAMON");
    }

    void set_blocking() const {
        const int flags = ::fcntl(device.video().get(), F_GETFL);
        ::fcntl(device.video().get(), F_SETFL, flags & ~O_NONBLOCK);
    }

    Device device;
    Queue output;
    Queue capture;
};

void dqbuf_woken(Context& context) {
    for (const uint32_t type : {capture_queue, output_queue}) {
        Streaming streaming(context);
        streaming.set_blocking();
        if (type == capture_queue)
            expect(streaming.capture.enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
        std::atomic<int> result = 1;
        std::thread sleeper([&] {
            const Queue& queue = type == capture_queue ? streaming.capture : streaming.output;
            const auto buffer = queue.dequeue();
            result = buffer ? 0 : -buffer.error();
        });
        std::this_thread::sleep_for(settle);
        const bool slept = result == 1;
        const auto begin = std::chrono::steady_clock::now();
        const int off = streaming.device.stream_off(type);
        sleeper.join();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        expect(slept, "DQBUF did not wait");
        expect(off == 0, "STREAMOFF while DQBUF waits");
        expect(result == -EINVAL, "DQBUF woken by STREAMOFF gave " + std::to_string(result));
        context.figure(type == capture_queue ? "capture" : "output", took.count(), "ms", "<250",
                       took.count() < 250);
    }
}

/** The driver goes while a DQBUF waits, of a picture under way or of nothing. */
void driver_goes(Context&) {
    const std::string name = "daedalus_v4l2";
    const std::string driver = "/sys/bus/platform/drivers/" + name;
    for (const bool queued : {false, true}) {
        // Each time it is bound it may get other nodes.
        const auto nodes = find_nodes(name);
        expect(nodes.has_value(), "there is no decoder");
        Streaming streaming(*nodes);
        streaming.set_blocking();
        if (queued)
            expect(streaming.capture.enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
        auto woken = std::async(std::launch::async, [&] { return streaming.capture.dequeue().has_value(); });
        std::this_thread::sleep_for(settle);
        std::ofstream(driver + "/unbind") << name << std::flush;
        const auto state = woken.wait_for(std::chrono::milliseconds(patience_ms));
        std::ofstream(driver + "/bind") << name << std::flush;
        if (state != std::future_status::ready)
            streaming.device.stream_off(capture_queue); // or it would wait for ever
        expect(state == std::future_status::ready, "DQBUF waits on though the driver is gone");
        expect(!woken.get(), "DQBUF gave a picture though there is none");
    }
}

void nothing_to_dequeue(Context& context) {
    Streaming streaming(context);
    for (const Queue* queue : {&streaming.output, &streaming.capture}) {
        const auto buffer = queue->dequeue();
        expect(!buffer && buffer.error() == EAGAIN, "DQBUF of nothing without O_NONBLOCK's EAGAIN");
    }
    expect(streaming.device.stream_off(capture_queue) == 0, "STREAMOFF");
    const auto buffer = streaming.capture.dequeue();
    expect(!buffer && buffer.error() == EINVAL, "DQBUF of a stopped queue is not refused by EINVAL");
}

void queued_twice(Context& context) {
    Streaming streaming(context);
    expect(streaming.capture.enqueue({.index = 1}) == 0, "QBUF(CAPTURE)");
    expect(streaming.capture.enqueue({.index = 1}) == -EINVAL, "a buffer can be queued twice");
    expect(streaming.capture.enqueue({.index = 99}) == -EINVAL, "a buffer that there is not can be queued");
    // After stream-off it is the client's again.
    expect(streaming.device.stream_off(capture_queue) == 0, "STREAMOFF");
    expect(streaming.capture.enqueue({.index = 1}) == 0, "QBUF(CAPTURE) after STREAMOFF");
}

void poll_tells(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    const File& video = decoder.device().video();
    expect((video.wait(POLLIN | POLLOUT, 0) & POLLERR) != 0, "poll before STREAMON does not tell an error");
    decoder.stream_on();
    expect((video.wait(POLLIN, 50) & POLLIN) == 0, "poll tells of a picture that there is not");
    decoder.submit_frames(0, 1);
    expect((video.wait(POLLIN, patience_ms) & POLLIN) != 0, "poll does not tell of the picture");
    expect((video.wait(POLLOUT, patience_ms) & POLLOUT) != 0, "poll does not tell of the consumed bitstream");
    decoder.drain();
    expect((video.wait(POLLIN, 50) & POLLIN) == 0, "poll tells of a picture that was dequeued");
}

/** A picture waits for a CAPTURE buffer and goes on when one comes. */
void late_capture(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 2});
    decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    decoder.stream_on();
    const Device& device = decoder.device();
    h264::Picture picture = clip.stream.pictures[0];
    Request request(device);
    const std::vector<Control> controls = {
        control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps),
        control_of(V4L2_CID_STATELESS_H264_PPS, picture.pps),
        control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params)};
    expect(device.set_controls(controls, request.fd()) == 0, "S_EXT_CTRLS");
    std::ranges::copy(picture.bitstream, decoder.output().memory_of(0).begin());
    expect(decoder.output().enqueue({.index = 0,
                                     .bytesused = static_cast<uint32_t>(picture.bitstream.size()),
                                     .request = request.fd()}) == 0,
           "QBUF(OUTPUT)");
    expect(request.queue() == 0, "MEDIA_REQUEST_IOC_QUEUE");
    expect(!request.wait(200), "a request completed without a CAPTURE buffer");
    expect(decoder.capture().enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
    expect(request.wait(patience_ms), "the request did not go on when a CAPTURE buffer came");
    const auto buffer = decoder.capture().dequeue();
    expect(buffer.has_value() && !buffer->has_error(), "DQBUF(CAPTURE)");
}

/** A file is closed in the middle of everything; the next one works. */
void closed_in_flight(Context& context) {
    const Clip clip = context.clip("gop");
    for (uint32_t frames = 1; frames <= 8; frames++) {
        StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 8});
        decoder.start();
        decoder.submit_frames(0, frames);
    }
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 8});
    decoder.start();
    decoder.submit_frames(0, clip.frame_count());
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

constexpr Scenario list[] = {
    {"blocking_dqbuf_woken", "STREAMOFF wakes a DQBUF that waits", dqbuf_woken},
    {"driver_goes", "unbinding wakes a DQBUF that waits", driver_goes},
    {"blocking_nothing", "DQBUF with nothing to dequeue", nothing_to_dequeue},
    {"blocking_queued_twice", "QBUF of a queued buffer", queued_twice},
    {"blocking_poll", "what poll tells", poll_tells},
    {"blocking_late_capture", "a CAPTURE buffer that comes late", late_capture},
    {"blocking_closed_in_flight", "close with requests in flight", closed_in_flight},
};

} // namespace

std::span<const Scenario> blocking_scenarios() {
    return list;
}

} // namespace daedalus::client
