// SPDX-License-Identifier: BSD-2-Clause
// Requests that can't be queued, and what happens to their buffers.
#include "client/scenario.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <poll.h>
#include <thread>

namespace daedalus::client {

namespace {

constexpr int request_timeout_ms = 2000;

/** A configured decoder with a picture in OUTPUT buffer 0, ready to be queued by hand. */
struct Manual {
    explicit Manual(Context& context)
        : clip(context.clip("gop")), decoder(context.nodes(), clip.stream, {.depth = 2}) {
        decoder.configure(clip.stream.frames[0], clip.stream.pictures[0].sps);
    }

    int queue_output(int request, uint32_t index = 0) {
        const h264::Picture& picture = clip.stream.pictures[0];
        std::ranges::copy(picture.bitstream, decoder.output().memory_of(index).begin());
        return decoder.output().enqueue({.index = index,
                                         .bytesused = static_cast<uint32_t>(picture.bitstream.size()),
                                         .request = request});
    }

    int set_controls(int request, bool params = true) {
        h264::Picture picture = clip.stream.pictures[0];
        std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps),
                                         control_of(V4L2_CID_STATELESS_H264_PPS, picture.pps)};
        if (params)
            controls.push_back(control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params));
        return decoder.device().set_controls(controls, request);
    }

    /** Queues everything as it should be and waits for it. */
    void decode_one(Request& request) {
        expect(set_controls(request.fd()) == 0, "S_EXT_CTRLS");
        expect(queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
        expect(decoder.capture().enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
        decoder.stream_on();
        expect(request.queue() == 0, "MEDIA_REQUEST_IOC_QUEUE of a good request");
        expect(request.wait(request_timeout_ms), "a good request did not complete");
        const auto capture = decoder.capture().dequeue();
        expect(capture.has_value(), "DQBUF(CAPTURE)");
        expect(!capture->has_error(), "a good frame came back in error");
    }

    Clip clip;
    StreamDecoder decoder;
};

void without_controls(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    expect(manual.queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
    const int result = request.queue();
    expect(result == -ENOENT, "a request without controls gave " + std::to_string(result) + ", not ENOENT");
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    manual.decode_one(request);
}

void without_decode_params(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    expect(manual.set_controls(request.fd(), false) == 0, "S_EXT_CTRLS");
    expect(manual.queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
    const int result = request.queue();
    expect(result == -ENOENT,
           "a request without DECODE_PARAMS gave " + std::to_string(result) + ", not ENOENT");
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    manual.decode_one(request);
}

void without_buffer(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    expect(manual.set_controls(request.fd()) == 0, "S_EXT_CTRLS");
    const int result = request.queue();
    expect(result == -ENOENT, "a request without a buffer gave " + std::to_string(result) + ", not ENOENT");
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    manual.decode_one(request);
}

void queued_twice(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    expect(manual.set_controls(request.fd()) == 0, "S_EXT_CTRLS");
    expect(manual.queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
    expect(request.queue() == 0, "MEDIA_REQUEST_IOC_QUEUE");
    expect(request.queue() == -EBUSY, "a request can be queued twice");
    expect(request.reinit() == -EBUSY, "a request can be reinitialised while it is queued");
}

/** OUTPUT buffers need a request, CAPTURE buffers must not have one: contract item 9. */
void queue_rules(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    const uint32_t output = manual.decoder.output().capabilities();
    expect((output & V4L2_BUF_CAP_SUPPORTS_REQUESTS) != 0, "OUTPUT: no SUPPORTS_REQUESTS");
    expect((output & V4L2_BUF_CAP_SUPPORTS_M2M_HOLD_CAPTURE_BUF) != 0,
           "OUTPUT: no SUPPORTS_M2M_HOLD_CAPTURE_BUF");
    expect((output & V4L2_BUF_CAP_SUPPORTS_DMABUF) != 0, "OUTPUT: no SUPPORTS_DMABUF");
    const uint32_t capture = manual.decoder.capture().capabilities();
    expect((capture & V4L2_BUF_CAP_SUPPORTS_REQUESTS) == 0, "CAPTURE: SUPPORTS_REQUESTS");
    expect((capture & V4L2_BUF_CAP_SUPPORTS_DMABUF) != 0, "CAPTURE: no SUPPORTS_DMABUF");
    expect(manual.queue_output(-1) == -EBADR, "an OUTPUT buffer without a request is not refused by EBADR");
    const int result = manual.decoder.capture().enqueue({.index = 0, .request = request.fd()});
    expect(result == -EBADR || result == -EPERM, "a CAPTURE buffer with a request is not refused");
}

/** The request's fd is closed while its job runs. */
void fd_closed_in_flight(Context& context) {
    Manual manual(context);
    {
        Request request(manual.decoder.device());
        expect(manual.set_controls(request.fd()) == 0, "S_EXT_CTRLS");
        expect(manual.queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
        expect(manual.decoder.capture().enqueue({.index = 0}) == 0, "QBUF(CAPTURE)");
        manual.decoder.stream_on();
        expect(request.queue() == 0, "MEDIA_REQUEST_IOC_QUEUE");
    }
    expect((manual.decoder.device().video().wait(POLLIN, request_timeout_ms) & POLLIN) != 0,
           "the CAPTURE buffer did not come back");
    expect(manual.decoder.capture().dequeue().has_value(), "DQBUF(CAPTURE)");
    expect(manual.decoder.output().dequeue().has_value(), "DQBUF(OUTPUT)");
}

/** A request completes when its picture is decoded, with the values that it was queued with. */
void controls_of_completed_request(Context& context) {
    Manual manual(context);
    Request request(manual.decoder.device());
    manual.decode_one(request);
    v4l2_ctrl_h264_decode_params params{};
    const Control control = control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, params);
    expect(manual.decoder.device().get_controls({&control, 1}, request.fd()) == 0,
           "G_EXT_CTRLS of a completed request");
    expect(params.flags == manual.clip.stream.pictures[0].decode_params.flags,
           "a completed request has other controls than it was queued with");
}

/** REQBUFS instead of STREAMON ends requests, also one that only its buffer still holds. */
void freed_before_streaming(Context& context) {
    Manual manual(context);
    Request kept(manual.decoder.device());
    {
        const Request closed(manual.decoder.device());
        uint32_t index = 0;
        for (const Request* request : {static_cast<const Request*>(&kept), &closed}) {
            expect(manual.set_controls(request->fd()) == 0, "S_EXT_CTRLS");
            expect(manual.queue_output(request->fd(), index++) == 0, "QBUF(OUTPUT)");
            expect(request->queue() == 0, "MEDIA_REQUEST_IOC_QUEUE before STREAMON");
        }
    }
    manual.decoder.output().release();
    expect(kept.wait(request_timeout_ms), "a request whose buffer was freed did not complete");
    expect(kept.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    manual.decoder.output().allocate(2);
    manual.decode_one(kept);
}

/** Controls of a file whose buffer is not in the request would never complete. */
void with_controls_of_another(Context& context) {
    Manual manual(context);
    const Device other(context.nodes());
    Request request(manual.decoder.device());
    h264::Picture picture = manual.clip.stream.pictures[0];
    const std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps)};
    expect(manual.set_controls(request.fd()) == 0, "S_EXT_CTRLS");
    expect(other.set_controls(controls, request.fd()) == 0, "S_EXT_CTRLS of another file");
    expect(manual.queue_output(request.fd()) == 0, "QBUF(OUTPUT)");
    const int result = request.queue();
    expect(result == -EINVAL, "a request with controls of two files gave " + std::to_string(result));
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    manual.decode_one(request);
}

/** Whoever is first, its controls are put once: the kernel's log is the judge. */
void closed_with_its_node(Context& context) {
    h264::Picture picture = context.clip("gop").stream.pictures[0];
    const std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps)};
    for (int round = 0; round < 100; round++) {
        std::optional<Device> device(std::in_place, context.nodes());
        std::optional<Request> request(std::in_place, *device);
        expect(device->set_controls(controls, request->fd()) == 0, "S_EXT_CTRLS");
        if (round % 3 == 2)
            expect(request->reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
        std::atomic<bool> begun = false;
        std::jthread closes([&] {
            begun = true;
            request.reset();
        });
        while (!begun)
            std::this_thread::yield();
        device.reset();
    }
}

constexpr Scenario list[] = {
    {"request_without_controls", "ENOENT, and the buffer can be used again", without_controls},
    {"request_without_decode_params", "ENOENT, and the buffer can be used again", without_decode_params},
    {"request_without_buffer", "ENOENT", without_buffer},
    {"request_queued_twice", "EBUSY", queued_twice},
    {"request_rules", "which queue takes requests", queue_rules},
    {"request_fd_closed", "a request whose fd is closed in flight", fd_closed_in_flight},
    {"request_freed", "REQBUFS with requests that wait for STREAMON", freed_before_streaming},
    {"request_of_two_files", "EINVAL for controls of another file", with_controls_of_another},
    {"request_closed_with_node", "both fds closed at once", closed_with_its_node},
    {"request_completed_controls", "the controls of a completed request", controls_of_completed_request},
};

} // namespace

std::span<const Scenario> request_scenarios() {
    return list;
}

} // namespace daedalus::client
