// SPDX-License-Identifier: BSD-2-Clause
#include "stream_decoder.h"

#include "failure.h"
#include "pixels.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>

namespace daedalus::client {

namespace {

std::vector<uint32_t> last_uses(const h264::Stream& stream) {
    std::vector<uint32_t> last(stream.frames.size());
    for (uint32_t position = 0; position < stream.pictures.size(); position++) {
        const h264::Picture& picture = stream.pictures[position];
        last[picture.frame] = position;
        for (const uint32_t reference : picture.references)
            if (reference != h264::no_frame)
                last[reference] = position;
    }
    return last;
}

uint32_t picture_bytes(const v4l2_format& format) {
    return format.fmt.pix_mp.plane_fmt[0].sizeimage;
}

std::string frame_name(uint32_t frame) {
    return "frame " + std::to_string(frame);
}

} // namespace

uint32_t needed_capture_buffers(const h264::Stream& stream, uint32_t depth) {
    uint32_t references = 0;
    for (const h264::Picture& picture : stream.pictures)
        references = std::max<uint32_t>(references, picture.sps.max_num_ref_frames);
    return std::max(references, 1U) + depth + 1;
}

StreamDecoder::StreamDecoder(const Nodes& nodes, const h264::Stream& stream, const Settings& settings)
    : device_(nodes), stream_(stream), settings_(settings),
      output_(device_, output_queue, settings.output_dma_buf ? V4L2_MEMORY_DMABUF : V4L2_MEMORY_MMAP),
      capture_(device_, capture_queue,
               settings.capture_memory == CaptureMemory::mmap ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF),
      last_use_(last_uses(stream)), capture_of_frame_(stream.frames.size(), h264::no_frame) {}

void StreamDecoder::configure(const h264::Frame& frame, const v4l2_ctrl_h264_sps& sps) {
    const uint32_t raw = frame.coded_width * frame.coded_height * 3 / 2;
    const uint32_t sizeimage =
        settings_.sizeimage != 0 ? settings_.sizeimage : std::max<uint32_t>(256 * 1024, raw);
    const v4l2_format coded = device_.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, frame.coded_width,
                                                 frame.coded_height, sizeimage);
    expect(picture_bytes(coded) >= sizeimage, "OUTPUT sizeimage is below what was asked for");
    v4l2_ctrl_h264_sps first = sps;
    const Control control = control_of(V4L2_CID_STATELESS_H264_SPS, first);
    const int result = device_.set_controls({&control, 1});
    if (result < 0)
        fail_errno("S_EXT_CTRLS(SPS)", -result);
    sent_sps_ = sps;
    capture_format_ =
        device_.set_format(capture_queue, V4L2_PIX_FMT_NV12, frame.coded_width, frame.coded_height);
    expect(capture_format_.fmt.pix_mp.pixelformat == V4L2_PIX_FMT_NV12, "CAPTURE is not NV12");

    output_.allocate(settings_.depth);
    output_memory_.clear();
    requests_.clear();
    free_outputs_.clear();
    for (uint32_t index = 0; index < settings_.depth; index++) {
        requests_.emplace_back(device_);
        free_outputs_.push_back(index);
        if (settings_.output_dma_buf)
            output_memory_.emplace_back(DmaBufferSource::system_heap, picture_bytes(coded));
    }
    const uint32_t captures = settings_.capture_buffers != 0
                                  ? settings_.capture_buffers
                                  : needed_capture_buffers(stream_, settings_.depth);
    capture_.allocate(captures);
    capture_memory_.clear();
    if (settings_.capture_memory != CaptureMemory::mmap)
        for (uint32_t index = 0; index < captures; index++)
            capture_memory_.emplace_back(settings_.capture_memory == CaptureMemory::system_heap
                                             ? DmaBufferSource::system_heap
                                             : DmaBufferSource::udmabuf,
                                         picture_bytes(capture_format_));
    frame_in_capture_.assign(capture_.count(), h264::no_frame);
    capture_returned_.assign(capture_.count(), true);
    std::ranges::fill(capture_of_frame_, h264::no_frame);
}

void StreamDecoder::stream_on() {
    for (const uint32_t queue : {output_queue, capture_queue}) {
        const int result = device_.stream_on(queue);
        if (result < 0)
            fail_errno("STREAMON", -result);
    }
}

void StreamDecoder::start() {
    configure(stream_.frames.front(), stream_.pictures.front().sps);
    stream_on();
}

void StreamDecoder::stop() {
    for (const uint32_t queue : {output_queue, capture_queue})
        expect(device_.stream_off(queue) == 0, "STREAMOFF");
    forget_in_flight();
    requests_.clear();
    output_.release();
    capture_.release();
    capture_memory_.clear();
    output_memory_.clear();
}

void StreamDecoder::forget_in_flight() {
    for (const Job& job : in_flight_) {
        // Stream-off has completed the request: that is what the wait shows.
        const Request& request = requests_[job.output_index];
        expect(request.wait(settings_.timeout_ms), "a request did not complete at STREAMOFF");
        expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT after STREAMOFF");
        free_outputs_.push_back(job.output_index);
    }
    in_flight_.clear();
    pending_captures_.clear();
    std::ranges::fill(capture_of_frame_, h264::no_frame);
    std::ranges::fill(frame_in_capture_, h264::no_frame);
    std::fill(capture_returned_.begin(), capture_returned_.end(), true);
    completed_pictures_ = 0;
    spare_capture_.reset();
}

void StreamDecoder::begin_again() {
    expect(in_flight_.empty(), "requests are in flight");
    std::ranges::fill(capture_of_frame_, h264::no_frame);
    std::ranges::fill(frame_in_capture_, h264::no_frame);
    completed_pictures_ = 0;
}

void StreamDecoder::flush() {
    for (const uint32_t queue : {output_queue, capture_queue})
        expect(device_.stream_off(queue) == 0, "STREAMOFF");
    forget_in_flight();
    stream_on();
}

std::span<uint8_t> StreamDecoder::capture_bytes(uint32_t index) const {
    return capture_memory_.empty() ? capture_.memory_of(index) : capture_memory_[index].bytes();
}

uint64_t StreamDecoder::timestamp_of(uint32_t frame) const {
    constexpr uint64_t microsecond = 1000;
    switch (settings_.timestamps) {
    case Timestamps::counter:
        return h264::microsecond_counter(frame);
    case Timestamps::recycled_from_one:
    case Timestamps::recycled: {
        const uint32_t index = capture_of_frame_[frame];
        const uint32_t first = settings_.timestamps == Timestamps::recycled ? 0 : 1;
        // A frame that was never submitted has no buffer: name one that there is not.
        return index == h264::no_frame ? 1'000'000'000 : (first + index) * microsecond;
    }
    case Timestamps::zero:
        return 0;
    case Timestamps::wall_clock:
        return h264::wall_clock(frame);
    }
    return 0;
}

uint32_t StreamDecoder::free_capture(uint32_t frame) {
    if (spare_capture_) {
        capture_of_frame_[frame] = *spare_capture_;
        frame_in_capture_[*spare_capture_] = frame;
        return *spare_capture_;
    }
    while (true) {
        for (uint32_t index = 0; index < frame_in_capture_.size(); index++) {
            const uint32_t held = frame_in_capture_[index];
            const bool needed = held != h264::no_frame && last_use_[held] >= completed_pictures_;
            if (capture_returned_[index] && !needed) {
                if (held != h264::no_frame)
                    capture_of_frame_[held] = h264::no_frame;
                frame_in_capture_[index] = frame;
                capture_of_frame_[frame] = index;
                return index;
            }
        }
        expect(!in_flight_.empty(), "too few CAPTURE buffers for the stream");
        complete_one();
    }
}

void StreamDecoder::queue_capture(uint32_t index, uint64_t timestamp) {
    if (before_capture)
        before_capture(capture_bytes(index));
    Enqueue buffer{.index = index, .timestamp_ns = timestamp};
    if (!capture_memory_.empty())
        buffer.dma_buf = capture_memory_[index].fd();
    const int result = capture_.enqueue(buffer);
    if (result < 0)
        fail_errno("QBUF(CAPTURE)", -result);
    capture_returned_[index] = false;
}

std::vector<Control> StreamDecoder::controls_for(h264::Picture& picture) {
    std::vector<Control> controls;
    if (!sent_sps_ || std::memcmp(&*sent_sps_, &picture.sps, sizeof(picture.sps)) != 0)
        controls.push_back(control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps));
    controls.push_back(control_of(V4L2_CID_STATELESS_H264_PPS, picture.pps));
    if (picture.scaling_matrix_present || settings_.all_controls)
        controls.push_back(control_of(V4L2_CID_STATELESS_H264_SCALING_MATRIX, picture.scaling_matrix));
    controls.push_back(control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params));
    if (settings_.all_controls) {
        controls.push_back(control_of(V4L2_CID_STATELESS_H264_SLICE_PARAMS, picture.slice_params));
        controls.push_back(control_of(V4L2_CID_STATELESS_H264_PRED_WEIGHTS, picture.pred_weights));
    }
    return controls;
}

int StreamDecoder::queue_request(const h264::Picture& picture, uint32_t output_index, uint64_t timestamp) {
    const Request& request = requests_[output_index];
    h264::Picture named = picture;
    h264::name_references(named, [this](uint32_t frame) { return timestamp_of(frame); });
    const std::vector<Control> controls = controls_for(named);
    int result = device_.set_controls(controls, request.fd());
    if (result < 0)
        return result;
    const std::span<uint8_t> memory =
        settings_.output_dma_buf ? output_memory_[output_index].bytes() : output_.memory_of(output_index);
    expect(picture.bitstream.size() <= memory.size(), "the OUTPUT buffer is too small for a picture");
    std::ranges::copy(picture.bitstream, memory.begin());
    const bool hold = settings_.fields == FieldStyle::hold && picture.hold_capture();
    Enqueue buffer{.index = output_index,
                   .bytesused = static_cast<uint32_t>(picture.bitstream.size()),
                   .timestamp_ns = timestamp,
                   .flags = hold ? V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF : 0U,
                   .request = request.fd()};
    if (settings_.output_dma_buf) {
        buffer.dma_buf = output_memory_[output_index].fd();
        buffer.length = static_cast<uint32_t>(memory.size());
    }
    result = output_.enqueue(buffer);
    if (result < 0)
        fail_errno("QBUF(OUTPUT)", -result);
    result = request.queue();
    if (result == 0)
        sent_sps_ = picture.sps;
    else
        expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT of a refused request");
    return result;
}

int StreamDecoder::submit(const h264::Picture& picture) {
    const bool same_buffer = picture.second_field && capture_of_frame_[picture.frame] != h264::no_frame;
    // The FFmpeg way needs the first field's buffer back before it can queue it again.
    if (same_buffer && settings_.fields == FieldStyle::requeue)
        drain();
    while (in_flight_.size() >= settings_.depth || free_outputs_.empty())
        complete_one();
    const uint32_t capture_index =
        same_buffer ? capture_of_frame_[picture.frame] : free_capture(picture.frame);
    const uint64_t timestamp = timestamp_of(picture.frame);
    const bool held = same_buffer && settings_.fields == FieldStyle::hold;
    if (!held && !spare_capture_)
        queue_capture(capture_index, timestamp);
    spare_capture_.reset();

    const uint32_t output_index = free_outputs_.back();
    free_outputs_.pop_back();
    const Clock::time_point now = Clock::now();
    const int result = queue_request(picture, output_index, timestamp);
    if (result < 0) {
        free_outputs_.push_back(output_index);
        if (!held)
            spare_capture_ = capture_index;
        return result;
    }
    in_flight_.push_back(
        {.picture = stream_.frames[picture.frame].first_picture + (picture.second_field ? 1 : 0),
         .frame = picture.frame,
         .output_index = output_index,
         .holds_capture = settings_.fields == FieldStyle::hold && picture.hold_capture(),
         .queued = now});
    if (!held)
        pending_captures_.push_back({.frame = picture.frame,
                                     .index = capture_index,
                                     .last = settings_.fields == FieldStyle::hold ||
                                             !picture.hold_capture() ||
                                             stream_.frames[picture.frame].pictures == 1,
                                     .queued = now});
    return 0;
}

void StreamDecoder::take_capture() {
    expect(!pending_captures_.empty(), "more CAPTURE buffers than were queued");
    const PendingCapture expected = pending_captures_.front();
    const auto buffer = capture_.dequeue();
    if (!buffer)
        fail_errno(frame_name(expected.frame) + ": its request has completed but DQBUF(CAPTURE) says",
                   buffer.error());
    pending_captures_.pop_front();
    expect(buffer->index == expected.index, frame_name(expected.frame) + ": CAPTURE buffers out of order");
    expect(buffer->timestamp_ns == timestamp_of(expected.frame),
           frame_name(expected.frame) + ": CAPTURE timestamp " + std::to_string(buffer->timestamp_ns) +
               " instead of " + std::to_string(timestamp_of(expected.frame)));
    expect(buffer->field == V4L2_FIELD_NONE, frame_name(expected.frame) + ": field is not NONE");
    capture_returned_[expected.index] = true;
    if (!expected.last)
        return;
    const std::chrono::duration<double, std::milli> latency = Clock::now() - expected.queued;
    DecodedFrame frame{.frame = expected.frame,
                       .error = buffer->has_error(),
                       .md5 = {},
                       .bytesused = buffer->bytesused,
                       .latency_ms = latency.count()};
    std::optional<DmaBufferRead> access;
    if (!capture_memory_.empty())
        access.emplace(capture_memory_[expected.index].fd());
    const std::span<const uint8_t> pixels = capture_bytes(expected.index);
    if (settings_.check_pixels)
        frame.md5 = picture_md5(pixels, capture_format_.fmt.pix_mp, stream_.frames[expected.frame].crop);
    if (on_frame)
        on_frame(frame, pixels);
    decoded_.push_back(std::move(frame));
}

void StreamDecoder::complete_one() {
    expect(!in_flight_.empty(), "nothing is in flight");
    const Job job = in_flight_.front();
    const Request& request = requests_[job.output_index];
    expect(request.wait(settings_.timeout_ms), frame_name(job.frame) + ": its request did not complete in " +
                                                   std::to_string(settings_.timeout_ms) + " ms");
    in_flight_.pop_front();
    const auto buffer = output_.dequeue();
    if (!buffer)
        fail_errno(frame_name(job.frame) + ": its request has completed but DQBUF(OUTPUT) says",
                   buffer.error());
    expect(buffer->index == job.output_index, frame_name(job.frame) + ": OUTPUT buffers out of order");
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    free_outputs_.push_back(job.output_index);
    completed_pictures_ = std::max(completed_pictures_, job.picture + 1);
    if (job.holds_capture)
        return;
    // A single field that was held before comes first.
    while (!pending_captures_.empty() && pending_captures_.front().frame != job.frame)
        take_capture();
    take_capture();
}

void StreamDecoder::drain() {
    while (!in_flight_.empty())
        complete_one();
    if (pending_captures_.empty())
        return;
    v4l2_decoder_cmd command{};
    command.cmd = V4L2_DEC_CMD_FLUSH;
    device_.must("DECODER_CMD(FLUSH)", VIDIOC_DECODER_CMD, &command);
    while (!pending_captures_.empty()) {
        expect((device_.video().wait(POLLIN, settings_.timeout_ms) & POLLIN) != 0,
               "the held CAPTURE buffer did not come back after DECODER_CMD(FLUSH)");
        take_capture();
    }
}

void StreamDecoder::submit_frames(uint32_t first, uint32_t end) {
    for (const h264::Picture& picture : stream_.pictures)
        if (picture.frame >= first && picture.frame < end) {
            const int result = submit(picture);
            if (result < 0)
                fail_errno(frame_name(picture.frame) + ": MEDIA_REQUEST_IOC_QUEUE", -result);
        }
}

} // namespace daedalus::client
