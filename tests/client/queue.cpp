// SPDX-License-Identifier: BSD-2-Clause
#include "queue.h"

#include "failure.h"

#include <sys/mman.h>

namespace daedalus::client {

namespace {

constexpr uint64_t nanoseconds_per_second = 1'000'000'000;
constexpr uint64_t nanoseconds_per_microsecond = 1000;

} // namespace

v4l2_buffer one_plane_buffer(uint32_t type, uint32_t memory, v4l2_plane& plane) {
    v4l2_buffer buffer{};
    buffer.type = type;
    buffer.memory = memory;
    buffer.m.planes = &plane;
    buffer.length = 1;
    return buffer;
}

v4l2_buffer Queue::query(uint32_t index, v4l2_plane& plane) const {
    plane = {};
    v4l2_buffer buffer = one_plane_buffer(type_, memory_, plane);
    buffer.index = index;
    device_.must("QUERYBUF", VIDIOC_QUERYBUF, &buffer);
    return buffer;
}

void Queue::map_from(uint32_t first, uint32_t count) {
    if (mappings_.size() < first + count)
        mappings_.resize(first + count);
    if (memory_ != V4L2_MEMORY_MMAP)
        return;
    // Reading back OUTPUT memory is what some clients do, so both queues are mapped both ways.
    for (uint32_t index = first; index < first + count; index++) {
        v4l2_plane plane{};
        query(index, plane);
        mappings_[index] =
            Mapping(device_.video().get(), plane.length, PROT_READ | PROT_WRITE, plane.m.mem_offset);
    }
}

void Queue::allocate(uint32_t count) {
    v4l2_requestbuffers request{};
    request.count = count;
    request.type = type_;
    request.memory = memory_;
    device_.must("REQBUFS", VIDIOC_REQBUFS, &request);
    capabilities_ = request.capabilities;
    expect(request.count >= count,
           "REQBUFS gave " + std::to_string(request.count) + " buffers of " + std::to_string(count));
    map_from(0, request.count);
}

int Queue::create(uint32_t count) {
    v4l2_create_buffers request{};
    request.count = count;
    request.memory = memory_;
    request.format = device_.format(type_);
    const int result = device_.control(VIDIOC_CREATE_BUFS, &request);
    if (result < 0)
        return result;
    capabilities_ = request.capabilities;
    map_from(request.index, request.count);
    return static_cast<int>(request.index);
}

void Queue::release() {
    mappings_.clear();
    v4l2_requestbuffers request{};
    request.type = type_;
    request.memory = memory_;
    device_.must("REQBUFS(0)", VIDIOC_REQBUFS, &request);
}

int Queue::enqueue(const Enqueue& buffer) const {
    v4l2_plane plane{};
    plane.bytesused = buffer.bytesused;
    plane.length = buffer.length;
    if (memory_ == V4L2_MEMORY_DMABUF)
        plane.m.fd = buffer.dma_buf;
    v4l2_buffer argument = one_plane_buffer(type_, memory_, plane);
    argument.index = buffer.index;
    argument.flags = buffer.flags;
    argument.field = V4L2_FIELD_NONE;
    argument.timestamp.tv_sec = static_cast<time_t>(buffer.timestamp_ns / nanoseconds_per_second);
    argument.timestamp.tv_usec =
        static_cast<suseconds_t>(buffer.timestamp_ns % nanoseconds_per_second / nanoseconds_per_microsecond);
    if (buffer.request >= 0) {
        argument.flags |= V4L2_BUF_FLAG_REQUEST_FD;
        argument.request_fd = buffer.request;
    }
    return device_.control(VIDIOC_QBUF, &argument);
}

std::expected<Dequeued, int> Queue::dequeue() const {
    v4l2_plane plane{};
    v4l2_buffer argument = one_plane_buffer(type_, memory_, plane);
    const int result = device_.control(VIDIOC_DQBUF, &argument);
    if (result < 0)
        return std::unexpected(-result);
    return Dequeued{.index = argument.index,
                    .flags = argument.flags,
                    .field = argument.field,
                    .sequence = argument.sequence,
                    .bytesused = plane.bytesused,
                    .timestamp_ns =
                        static_cast<uint64_t>(argument.timestamp.tv_sec) * nanoseconds_per_second +
                        static_cast<uint64_t>(argument.timestamp.tv_usec) * nanoseconds_per_microsecond};
}

File Queue::export_buffer(uint32_t index, int flags) const {
    v4l2_exportbuffer argument{};
    argument.type = type_;
    argument.index = index;
    argument.flags = static_cast<uint32_t>(flags);
    device_.must("EXPBUF", VIDIOC_EXPBUF, &argument);
    return File(argument.fd);
}

} // namespace daedalus::client
