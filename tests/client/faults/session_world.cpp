// SPDX-License-Identifier: BSD-2-Clause
#include "session_world.h"

#include "client/device.h"
#include "client/queue.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/media.h>
#include <unistd.h>
#include <vector>

namespace daedalus::client {

namespace {

constexpr uint32_t width = 64;
constexpr uint32_t height = 48;
constexpr size_t read_size = size_t{1} << 20;

int open_into(File& file, const char* path) {
    const int descriptor = ::open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    file = File(descriptor);
    return 0;
}

} // namespace

SessionWorld::SessionWorld() : lowest_fd_(::dup(STDOUT_FILENO)) {
    ::close(lowest_fd_);
}

SessionWorld::~SessionWorld() {
    if (mapping_ != MAP_FAILED)
        ::munmap(mapping_, mapping_size_);
    // The cores of V4L2 and media leave a new fd behind when they can't tell its number.
    for (File* file : {&session_, &request_, &media_, &video_, &control_})
        file->close();
    ::close_range(static_cast<unsigned>(lowest_fd_), ~0U, 0);
}

int SessionWorld::open_control() {
    return open_into(control_, "/dev/" DAEDALUS_DEVICE_NAME);
}

int SessionWorld::hello() const {
    daedalus_hello greeting = good_hello();
    return control_.control(DAEDALUS_IOC_HELLO, &greeting);
}

int SessionWorld::open_video(const std::string& path) {
    return open_into(video_, path.c_str());
}

int SessionWorld::open_media(const std::string& path) {
    return open_into(media_, path.c_str());
}

int SessionWorld::set_format(uint32_t queue, uint32_t pixelformat) const {
    v4l2_format format = one_plane_format(queue, pixelformat, width, height);
    return video_.control(VIDIOC_S_FMT, &format);
}

int SessionWorld::request_buffers(uint32_t queue, uint32_t memory, uint32_t count) const {
    v4l2_requestbuffers request{};
    request.count = count;
    request.type = queue;
    request.memory = memory;
    return video_.control(VIDIOC_REQBUFS, &request);
}

int SessionWorld::create_buffers(uint32_t queue) const {
    v4l2_create_buffers request{};
    request.count = 1;
    request.memory = V4L2_MEMORY_MMAP;
    request.format.type = queue;
    const int result = video_.control(VIDIOC_G_FMT, &request.format);
    return result < 0 ? result : video_.control(VIDIOC_CREATE_BUFS, &request);
}

int SessionWorld::export_buffer(uint32_t queue) const {
    v4l2_exportbuffer argument{};
    argument.type = queue;
    argument.flags = O_RDWR | O_CLOEXEC;
    const int result = video_.control(VIDIOC_EXPBUF, &argument);
    if (result == 0)
        ::close(argument.fd);
    return result;
}

int SessionWorld::buffer_flags(uint32_t queue) const {
    v4l2_plane plane{};
    v4l2_buffer buffer = one_plane_buffer(queue, V4L2_MEMORY_MMAP, plane);
    const int result = video_.control(VIDIOC_QUERYBUF, &buffer);
    return result < 0 ? result : static_cast<int>(buffer.flags);
}

int SessionWorld::map_output() {
    v4l2_plane plane{};
    v4l2_buffer buffer = one_plane_buffer(output_queue, V4L2_MEMORY_MMAP, plane);
    const int result = video_.control(VIDIOC_QUERYBUF, &buffer);
    if (result < 0)
        return result;
    mapping_size_ = plane.length;
    mapping_ =
        ::mmap(nullptr, plane.length, PROT_READ | PROT_WRITE, MAP_SHARED, video_.get(), plane.m.mem_offset);
    return mapping_ != MAP_FAILED ? 0 : -errno;
}

int SessionWorld::enqueue(uint32_t queue, uint32_t bytes, int request, int dma_buf) const {
    v4l2_plane plane{};
    plane.bytesused = bytes;
    if (dma_buf >= 0)
        plane.m.fd = dma_buf;
    v4l2_buffer buffer = one_plane_buffer(queue, dma_buf >= 0 ? V4L2_MEMORY_DMABUF : V4L2_MEMORY_MMAP, plane);
    if (request >= 0) {
        buffer.flags = V4L2_BUF_FLAG_REQUEST_FD;
        buffer.request_fd = request;
    }
    const int result = video_.control(VIDIOC_QBUF, &buffer);
    constexpr int taken = V4L2_BUF_FLAG_QUEUED | V4L2_BUF_FLAG_DONE | V4L2_BUF_FLAG_IN_REQUEST;
    if (result == -EFAULT || result >= 0)
        return result;
    const int flags = buffer_flags(queue);
    return flags >= 0 && (flags & taken) != 0 ? 0 : result;
}

int SessionWorld::dequeue(uint32_t queue) const {
    v4l2_plane plane{};
    v4l2_buffer buffer = one_plane_buffer(queue, V4L2_MEMORY_MMAP, plane);
    const int result = video_.control(VIDIOC_DQBUF, &buffer);
    if (result >= 0)
        return (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0 ? -EIO : 0;
    if (result != -EAGAIN)
        return result;
    const int flags = buffer_flags(queue);
    return flags >= 0 && (flags & (V4L2_BUF_FLAG_QUEUED | V4L2_BUF_FLAG_DONE)) == 0 ? 0 : result;
}

int SessionWorld::stream(uint32_t queue, bool on) const {
    return video_.control(on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &queue);
}

int SessionWorld::subscribe(uint32_t event) const {
    v4l2_event_subscription subscription{};
    subscription.type = event;
    return video_.control(VIDIOC_SUBSCRIBE_EVENT, &subscription);
}

int SessionWorld::dequeue_event() const {
    v4l2_event event{};
    const int result = video_.control(VIDIOC_DQEVENT, &event);
    return result == -ENOENT ? 0 : result;
}

int SessionWorld::allocate_request() {
    int descriptor = -1;
    const int result = media_.control(MEDIA_IOC_REQUEST_ALLOC, &descriptor);
    if (result >= 0)
        request_ = File(descriptor);
    return result;
}

int SessionWorld::set_controls() const {
    v4l2_ctrl_h264_sps sps{};
    sps.chroma_format_idc = 1;
    v4l2_ctrl_h264_pps pps{};
    v4l2_ctrl_h264_decode_params params{};
    v4l2_ext_control list[3]{};
    list[0].id = V4L2_CID_STATELESS_H264_SPS;
    list[0].size = sizeof(sps);
    list[0].ptr = &sps;
    list[1].id = V4L2_CID_STATELESS_H264_PPS;
    list[1].size = sizeof(pps);
    list[1].ptr = &pps;
    list[2].id = V4L2_CID_STATELESS_H264_DECODE_PARAMS;
    list[2].size = sizeof(params);
    list[2].ptr = &params;
    v4l2_ext_controls controls{};
    controls.which = V4L2_CTRL_WHICH_REQUEST_VAL;
    controls.count = 3;
    controls.request_fd = request_.get();
    controls.controls = list;
    return video_.control(VIDIOC_S_EXT_CTRLS, &controls);
}

int SessionWorld::queue_request() const {
    return request_.control(MEDIA_REQUEST_IOC_QUEUE, nullptr);
}

int SessionWorld::accept() {
    daedalus_session_info info{};
    const int result = control_.control(DAEDALUS_IOC_ACCEPT, &info);
    if (result < 0)
        return result;
    session_ = File(result);
    ::fcntl(result, F_SETFL, O_NONBLOCK);
    return 0;
}

void SessionWorld::note(const Message& message) {
    switch (message.type) {
    case DAEDALUS_MSG_DECODE:
        job_ = message.as<daedalus_msg_decode>().cookie;
        buffer_ = message.as<daedalus_msg_decode>().dst_buffer;
        break;
    case DAEDALUS_MSG_INPUT:
        job_ = message.as<daedalus_msg_input>().cookie;
        break;
    case DAEDALUS_MSG_DRAIN:
        job_ = message.as<daedalus_msg_drain>().cookie;
        break;
    case DAEDALUS_MSG_CAPTURE:
        capture_ = message.as<daedalus_msg_capture>().cookie;
        buffer_ = message.as<daedalus_msg_capture>().buffer;
        break;
    case DAEDALUS_MSG_FLUSH:
        epoch_ = message.as<daedalus_msg_flush>().epoch;
        break;
    default:
        break;
    }
}

int SessionWorld::read_until(uint32_t type) {
    std::vector<uint8_t> bytes(read_size);
    const ssize_t count = ::read(session_.get(), bytes.data(), bytes.size());
    if (count < 0)
        return -errno;
    bytes.resize(static_cast<size_t>(count));
    bool found = false;
    for (const Message& message : split_messages(bytes)) {
        note(message);
        found = found || message.type == type;
    }
    // What came before it may have been all that there was memory for.
    return found ? 0 : read_until(type);
}

int SessionWorld::export_destination() const {
    daedalus_export argument{};
    argument.buffer = buffer_;
    const int result = session_.control(DAEDALUS_IOC_EXPORT, &argument);
    if (result < 0)
        return result;
    ::close(result);
    return 0;
}

int SessionWorld::complete(uint32_t flags) const {
    daedalus_complete answer{};
    answer.cookie = job_;
    answer.flags = flags;
    return session_.control(DAEDALUS_IOC_COMPLETE, &answer);
}

int SessionWorld::flushed() const {
    daedalus_flushed answer{};
    answer.epoch = epoch_;
    return session_.control(DAEDALUS_IOC_FLUSHED, &answer);
}

int SessionWorld::picture() const {
    daedalus_picture answer{};
    answer.cookie = capture_;
    answer.flags = DAEDALUS_PICTURE_KEY;
    return session_.control(DAEDALUS_IOC_PICTURE, &answer);
}

int SessionWorld::tell_stream() const {
    daedalus_stream stream{};
    stream.coded_width = stream.width = width;
    stream.coded_height = stream.height = height;
    stream.bit_depth = 8;
    stream.colorspace = V4L2_COLORSPACE_REC709;
    stream.pixel_width = stream.pixel_height = 1;
    return session_.control(DAEDALUS_IOC_STREAM, &stream);
}

} // namespace daedalus::client
