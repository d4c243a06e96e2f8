// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/device.h"
#include "client/queue.h"

#include <cstdint>
#include <vector>

namespace daedalus::client {

/**
 * A client whose bitstreams mean nothing: what is tested here is how they
 * travel. OUTPUT buffer, request and CAPTURE buffer of a submission all have
 * the same index.
 */
class FakeClient {
  public:
    static constexpr uint32_t width = 64;
    static constexpr uint32_t height = 48;
    static constexpr uint32_t buffers = 8;

    /** Sets the format (H.264 or AV1), allocates and, unless told not to, starts streaming. */
    explicit FakeClient(const Nodes& nodes, bool streaming = true, uint32_t format = V4L2_PIX_FMT_H264_SLICE);

    /** What the bitstream of submission @p index consists of. */
    static std::vector<uint8_t> bitstream(uint32_t index, size_t size = 100);

    /** Queues request @p index, and its CAPTURE buffer unless @p held. */
    void submit(uint32_t index, uint64_t timestamp, bool hold = false, bool held = false, size_t size = 100);
    /** Whether request @p index completes within the time. */
    bool completes(uint32_t index, int milliseconds = 2000) const {
        return requests_[index].wait(milliseconds);
    }
    /** Takes both buffers of a completed request and gives back whether CAPTURE was in error. */
    bool collect(uint32_t index);
    /** Takes the OUTPUT buffer alone. */
    void collect_output(uint32_t index);

    void stream_on() const;
    void stream_off() const;

    const Device& device() const { return device_; }
    Queue& output() { return output_; }
    Queue& capture() { return capture_; }

    /// Of the PPS, or the AV1 sequence, of what is submitted.
    uint32_t header_flags = 0;
    /// Whether what is submitted has scaling lists, or film grain, of its own.
    bool sends_optional = false;

  private:
    [[nodiscard]] int set_h264_controls(uint32_t index, int request) const;
    [[nodiscard]] int set_av1_controls(int request) const;

    uint32_t format_;
    Device device_;
    Queue output_;
    Queue capture_;
    std::vector<Request> requests_;
};

} // namespace daedalus::client
