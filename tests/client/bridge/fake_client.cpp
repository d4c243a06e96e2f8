// SPDX-License-Identifier: BSD-2-Clause
#include "fake_client.h"

#include "client/failure.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace daedalus::client {

FakeClient::FakeClient(const Nodes& nodes, bool streaming, uint32_t format)
    : format_(format), device_(nodes), output_(device_, output_queue), capture_(device_, capture_queue) {
    device_.set_format(output_queue, format, width, height);
    output_.allocate(buffers);
    capture_.allocate(buffers);
    for (uint32_t i = 0; i < buffers; i++)
        requests_.emplace_back(device_);
    if (streaming)
        stream_on();
}

std::vector<uint8_t> FakeClient::bitstream(uint32_t index, size_t size) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = static_cast<uint8_t>(size_t{31} * index + i);
    return bytes;
}

int FakeClient::set_h264_controls(uint32_t index, int request) const {
    v4l2_ctrl_h264_sps sps{};
    sps.seq_parameter_set_id = static_cast<uint8_t>(index);
    sps.chroma_format_idc = 1;
    v4l2_ctrl_h264_pps pps{};
    pps.flags = static_cast<uint16_t>(header_flags);
    v4l2_ctrl_h264_decode_params params{};
    params.frame_num = static_cast<uint16_t>(index);
    std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_H264_SPS, sps),
                                     control_of(V4L2_CID_STATELESS_H264_PPS, pps),
                                     control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, params)};
    v4l2_ctrl_h264_scaling_matrix lists{};
    std::memset(&lists, 17, sizeof(lists));
    if (sends_optional)
        controls.push_back(control_of(V4L2_CID_STATELESS_H264_SCALING_MATRIX, lists));
    return device_.set_controls(controls, request);
}

int FakeClient::set_av1_controls([[maybe_unused]] int request) const {
#ifdef V4L2_CID_STATELESS_AV1_FRAME
    v4l2_ctrl_av1_sequence sequence{};
    sequence.bit_depth = 8;
    sequence.flags = header_flags;
    sequence.max_frame_width_minus_1 = width - 1;
    sequence.max_frame_height_minus_1 = height - 1;
    v4l2_ctrl_av1_frame frame{};
    frame.tile_info.tile_cols = frame.tile_info.tile_rows = 1;
    std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_AV1_SEQUENCE, sequence),
                                     control_of(V4L2_CID_STATELESS_AV1_FRAME, frame)};
    v4l2_ctrl_av1_film_grain grain{};
    grain.flags = V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN;
    if (sends_optional)
        controls.push_back(control_of(V4L2_CID_STATELESS_AV1_FILM_GRAIN, grain));
    return device_.set_controls(controls, request);
#else
    return -EOPNOTSUPP; // the headers of this system have no AV1
#endif
}

void FakeClient::submit(uint32_t index, uint64_t timestamp, bool hold, bool held, size_t size) {
    const Request& request = requests_[index];
    // A request may have been used before, and streaming may have been stopped since.
    expect(request.reinit() == 0, "MEDIA_REQUEST_IOC_REINIT");
    int result = format_ == V4L2_PIX_FMT_H264_SLICE ? set_h264_controls(index, request.fd())
                                                    : set_av1_controls(request.fd());
    if (result < 0)
        fail_errno("S_EXT_CTRLS", -result);
    std::ranges::copy(bitstream(index, size), output_.memory_of(index).begin());
    result = output_.enqueue({.index = index,
                              .bytesused = static_cast<uint32_t>(size),
                              .timestamp_ns = timestamp,
                              .flags = hold ? V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF : 0U,
                              .request = request.fd()});
    if (result < 0)
        fail_errno("QBUF(OUTPUT)", -result);
    if (!held) {
        result = capture_.enqueue({.index = index, .timestamp_ns = timestamp});
        if (result < 0)
            fail_errno("QBUF(CAPTURE)", -result);
    }
    result = request.queue();
    if (result < 0)
        fail_errno("MEDIA_REQUEST_IOC_QUEUE", -result);
}

void FakeClient::collect_output(uint32_t index) {
    const auto buffer = output_.dequeue();
    if (!buffer)
        fail_errno("DQBUF(OUTPUT)", buffer.error());
    expect(buffer->index == index, "another OUTPUT buffer came back");
}

bool FakeClient::collect(uint32_t index) {
    expect(completes(index), "request " + std::to_string(index) + " did not complete");
    collect_output(index);
    const auto buffer = capture_.dequeue();
    if (!buffer)
        fail_errno("DQBUF(CAPTURE)", buffer.error());
    expect(buffer->index == index, "another CAPTURE buffer came back");
    return buffer->has_error();
}

void FakeClient::stream_on() const {
    expect(device_.stream_on(output_queue) == 0 && device_.stream_on(capture_queue) == 0, "STREAMON");
}

void FakeClient::stream_off() const {
    expect(device_.stream_off(output_queue) == 0 && device_.stream_off(capture_queue) == 0, "STREAMOFF");
}

} // namespace daedalus::client
