// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "device.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

namespace daedalus::client {

/** What DQBUF told of a buffer. */
struct Dequeued {
    uint32_t index = 0;
    uint32_t flags = 0;
    uint32_t field = 0;
    uint32_t sequence = 0;
    uint32_t bytesused = 0;
    uint64_t timestamp_ns = 0;

    bool has_error() const { return (flags & V4L2_BUF_FLAG_ERROR) != 0; }
};

/** A buffer of the single-plane kind whose plane is @p plane, which outlives it; all else is 0. */
v4l2_buffer one_plane_buffer(uint32_t type, uint32_t memory, v4l2_plane& plane);

/** How a buffer is queued. */
struct Enqueue {
    uint32_t index = 0;
    uint32_t bytesused = 0;
    uint64_t timestamp_ns = 0;
    uint32_t flags = 0;
    int request = -1;    ///< a request's fd
    int dma_buf = -1;    ///< for V4L2_MEMORY_DMABUF
    uint32_t length = 0; ///< of the dma-buf, 0 for all of it
};

/** One of the two buffer queues of a device: single-plane buffers, their memory and their mappings. */
class Queue {
  public:
    Queue(const Device& device, uint32_t type, uint32_t memory = V4L2_MEMORY_MMAP)
        : device_(device), type_(type), memory_(memory) {}

    uint32_t type() const { return type_; }
    uint32_t memory() const { return memory_; }
    /** How many buffers there are. */
    uint32_t count() const { return static_cast<uint32_t>(mappings_.size()); }
    /** Capability flags (V4L2_BUF_CAP_*) as the last REQBUFS or CREATE_BUFS told them. */
    uint32_t capabilities() const { return capabilities_; }

    /** REQBUFS; throws unless it gives at least @p count buffers. Maps MMAP buffers. */
    void allocate(uint32_t count);
    /** CREATE_BUFS with the current format; the index of the first, or -errno. */
    int create(uint32_t count);
    /** Unmaps everything, then REQBUFS(0). */
    void release();

    int enqueue(const Enqueue& buffer) const;
    /** DQBUF; an error is an errno value, EAGAIN when none is ready. */
    std::expected<Dequeued, int> dequeue() const;
    /** EXPBUF of a buffer's plane; throws. */
    File export_buffer(uint32_t index, int flags) const;
    /** The client's view of an MMAP buffer. */
    std::span<uint8_t> memory_of(uint32_t index) const { return mappings_.at(index).bytes(); }
    /** QUERYBUF; throws. */
    v4l2_buffer query(uint32_t index, v4l2_plane& plane) const;

  private:
    void map_from(uint32_t first, uint32_t count);

    const Device& device_;
    uint32_t type_;
    uint32_t memory_;
    uint32_t capabilities_ = 0;
    std::vector<Mapping> mappings_;
};

} // namespace daedalus::client
