// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "device.h"
#include "dma_buffer.h"
#include "queue.h"
#include "support/h264/stream.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace daedalus::client {

namespace h264 = test::h264;

/** Which timestamps the client gives its frames. */
enum class Timestamps {
    counter,           ///< microseconds, as GStreamer
    recycled_from_one, ///< CAPTURE buffer index + 1, as FFmpeg
    recycled,          ///< CAPTURE buffer index, 0 included, as Chromium
    zero,              ///< always 0
    wall_clock,
};

/** How the second field of a frame finds the buffer of the first. */
enum class FieldStyle {
    hold,    ///< V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF, as GStreamer
    requeue, ///< the same CAPTURE buffer is queued again, as FFmpeg
};

enum class CaptureMemory {
    mmap,
    system_heap,
    udmabuf
};

/** What kind of client to be. */
struct Settings {
    uint32_t depth = 2; ///< requests in flight
    Timestamps timestamps = Timestamps::counter;
    FieldStyle fields = FieldStyle::hold;
    CaptureMemory capture_memory = CaptureMemory::mmap;
    bool output_dma_buf = false;  ///< import OUTPUT memory from the system heap
    uint32_t capture_buffers = 0; ///< 0: what the stream needs at that depth
    uint32_t sizeimage = 0;       ///< of OUTPUT buffers; 0: as GStreamer asks
    bool all_controls = false;    ///< SLICE_PARAMS, PRED_WEIGHTS and modes with every request
    int timeout_ms = 15000;       ///< until a request counts as lost
    bool check_pixels = true;     ///< hash pictures
};

/** A CAPTURE buffer that came back. */
struct DecodedFrame {
    uint32_t frame = 0; ///< index in the stream's frames
    bool error = false;
    std::string md5; ///< empty without Settings::check_pixels
    uint32_t bytesused = 0;
    double latency_ms = 0; ///< from the queueing of the request
};

/**
 * Decodes a stream as a well-behaved client does, and checks on the way what
 * every client relies on: when a request's fd signals, its OUTPUT buffer and
 * its CAPTURE buffer can be dequeued at once, in the order of queueing, with
 * the timestamps they were queued with. Whatever is not so throws a Failure.
 */
class StreamDecoder {
  public:
    StreamDecoder(const Nodes& nodes, const h264::Stream& stream, const Settings& settings);

    /** Sets formats for the stream's first picture, allocates and starts streaming. */
    void start();
    /** The same in two steps, for scenarios that queue before they start. */
    void configure(const h264::Frame& frame, const v4l2_ctrl_h264_sps& sps);
    void stream_on();
    /** Stops streaming and frees all buffers, for a change of format. */
    void stop();

    /**
     * Queues a picture's request, once there is room in flight.
     * @return 0, or -errno of S_EXT_CTRLS or MEDIA_REQUEST_IOC_QUEUE; the next
     *         picture then takes the buffers.
     */
    int submit(const h264::Picture& picture);
    /** Waits for everything in flight; a held field is flushed out. */
    void drain();
    /** Waits for the oldest request in flight. */
    void complete_one();
    /** STREAMOFF and STREAMON of both queues, buffers kept: what a seek does. */
    void flush();
    /** The stream begins anew without a stop; everything has been drained. */
    void begin_again();
    /** Submits the pictures of frames [first, end). */
    void submit_frames(uint32_t first, uint32_t end);

    const std::vector<DecodedFrame>& decoded() const { return decoded_; }
    /** Empties decoded(), for clients that play for ever. */
    std::vector<DecodedFrame> take_decoded() { return std::exchange(decoded_, {}); }
    const Device& device() const { return device_; }
    Queue& output() { return output_; }
    Queue& capture() { return capture_; }
    const v4l2_format& capture_format() const { return capture_format_; }
    size_t in_flight() const { return in_flight_.size(); }
    /** The OUTPUT buffers' memory where it is imported. */
    std::span<const DmaBuffer> output_memory() const { return output_memory_; }
    /** The controls of a picture that refers to none, for a request of the caller's own. */
    std::vector<Control> controls_for(h264::Picture& picture);
    /** The bytes of a CAPTURE buffer, wherever they are. */
    std::span<uint8_t> capture_bytes(uint32_t index) const;
    /** Called with every CAPTURE buffer before it is queued. */
    std::function<void(std::span<uint8_t>)> before_capture;
    /** Called with the pixels of every CAPTURE buffer that came back. */
    std::function<void(const DecodedFrame&, std::span<const uint8_t>)> on_frame;

  private:
    using Clock = std::chrono::steady_clock;
    struct Job {
        uint32_t picture; ///< position in decoding order, for the freeing of buffers
        uint32_t frame;
        uint32_t output_index;
        bool holds_capture;
        Clock::time_point queued;
    };
    struct PendingCapture {
        uint32_t frame;
        uint32_t index;
        bool last; ///< no further field follows
        Clock::time_point queued;
    };

    uint32_t free_capture(uint32_t frame);
    uint64_t timestamp_of(uint32_t frame) const;
    void queue_capture(uint32_t index, uint64_t timestamp);
    int queue_request(const h264::Picture& picture, uint32_t output_index, uint64_t timestamp);
    void take_capture();
    void forget_in_flight();

    Device device_;
    const h264::Stream& stream_;
    Settings settings_;
    Queue output_;
    Queue capture_;
    v4l2_format capture_format_{};
    std::vector<DmaBuffer> capture_memory_;
    std::vector<DmaBuffer> output_memory_;
    std::vector<Request> requests_; ///< one for each OUTPUT buffer
    std::deque<Job> in_flight_;
    std::deque<PendingCapture> pending_captures_;
    std::vector<uint32_t> free_outputs_;
    std::vector<uint32_t> last_use_;         ///< by frame: the last picture that needs it
    std::vector<uint32_t> capture_of_frame_; ///< by frame: index, or no_frame
    std::vector<uint32_t> frame_in_capture_; ///< by index: frame, or no_frame
    std::vector<bool> capture_returned_;     ///< by index: not with the driver
    std::optional<uint32_t> spare_capture_;  ///< with the driver since a request was refused
    uint32_t completed_pictures_ = 0;
    std::optional<v4l2_ctrl_h264_sps> sent_sps_;
    std::vector<DecodedFrame> decoded_;
};

/** The fewest CAPTURE buffers with which a client can decode a stream. */
uint32_t needed_capture_buffers(const h264::Stream& stream, uint32_t depth);

} // namespace daedalus::client
