// SPDX-License-Identifier: BSD-2-Clause
#include "wild_client.h"

#include "client/device.h"
#include "client/dma_buffer.h"

#include <algorithm>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

constexpr uint32_t most_buffers = 6; // of a queue; the machine's memory is not what is tested
constexpr uint32_t longest_side = 256;
constexpr uint32_t most_bitstream = 65536;
constexpr std::array stateless_formats = {
    V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP8_FRAME, V4L2_PIX_FMT_VP9_FRAME, V4L2_PIX_FMT_MPEG2_SLICE,
#ifdef V4L2_PIX_FMT_AV1_FRAME
    V4L2_PIX_FMT_AV1_FRAME,
#endif
};
constexpr std::array stateful_formats = {V4L2_PIX_FMT_H264, V4L2_PIX_FMT_VP8, V4L2_PIX_FMT_VP9,
                                         V4L2_PIX_FMT_MPEG2};
constexpr uint32_t picture_formats[] = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUV420M,
                                        V4L2_PIX_FMT_P010};

void close_and_forget(std::atomic<int>& descriptor) {
    const int old = descriptor.exchange(-1);
    if (old >= 0)
        ::close(old);
}

} // namespace

const std::array<WildClient::Step, 24> WildClient::steps = {{{6, &WildClient::set_up},
                                                             {40, &WildClient::submit},
                                                             {20, &WildClient::collect},
                                                             {1, &WildClient::open_again},
                                                             {2, &WildClient::set_format},
                                                             {2, &WildClient::try_format},
                                                             {2, &WildClient::enumerate},
                                                             {2, &WildClient::request_buffers},
                                                             {2, &WildClient::create_buffers},
                                                             {3, &WildClient::query_buffer},
                                                             {10, &WildClient::queue_buffer},
                                                             {10, &WildClient::dequeue_buffer},
                                                             {3, &WildClient::export_buffer},
                                                             {5, &WildClient::stream_on},
                                                             {2, &WildClient::stream_off},
                                                             {4, &WildClient::set_controls},
                                                             {3, &WildClient::get_controls},
                                                             {3, &WildClient::new_request},
                                                             {4, &WildClient::use_request},
                                                             {3, &WildClient::command},
                                                             {5, &WildClient::events},
                                                             {2, &WildClient::select},
                                                             {3, &WildClient::map},
                                                             {4, &WildClient::anything}}};

WildClient::WildClient(const FuzzedNodes& nodes, bool stateful, Progress& progress)
    : nodes_(nodes), stateful_(stateful), progress_(progress),
      media_(::open(nodes.media, O_RDWR | O_CLOEXEC)) {
    for (auto& request : requests_)
        request = -1;
    for (auto& dma_buf : dma_bufs_)
        dma_buf = -1;
}

WildClient::~WildClient() {
    for (auto& request : requests_)
        close_and_forget(request);
    for (auto& dma_buf : dma_bufs_)
        close_and_forget(dma_buf);
    close_and_forget(video_);
    if (media_ >= 0)
        ::close(media_);
}

void WildClient::act(Random& random) {
    if (video_ < 0)
        set_up(random);
    static const uint32_t total = [] {
        uint32_t sum = 0;
        for (const Step& step : steps)
            sum += step.weight;
        return sum;
    }();
    uint32_t left = random.below(total);
    for (const Step& step : steps) {
        if (left < step.weight) {
            (this->*step.run)(random);
            return;
        }
        left -= step.weight;
    }
}

uint32_t WildClient::queue(Random& random) {
    return random.mostly(random.percent(50) ? output_queue : capture_queue);
}

uint32_t WildClient::coded_format(Random& random) const {
    return stateful_ ? random.pick(stateful_formats) : random.pick(stateless_formats);
}

void WildClient::set_up(Random& random) {
    open_again(random);
    v4l2_format format{};
    format.type = output_queue;
    format.fmt.pix_mp.pixelformat = coded_format(random);
    format.fmt.pix_mp.width = 16 + random.below(longest_side);
    format.fmt.pix_mp.height = 16 + random.below(longest_side);
    format.fmt.pix_mp.num_planes = 1;
    format.fmt.pix_mp.plane_fmt[0].sizeimage = 1 + random.below(most_bitstream);
    call(random, VIDIOC_S_FMT, format);
    if (stateful_) {
        v4l2_event_subscription subscription{};
        subscription.type = V4L2_EVENT_SOURCE_CHANGE;
        call(random, VIDIOC_SUBSCRIBE_EVENT, subscription);
        subscription.type = V4L2_EVENT_EOS;
        call(random, VIDIOC_SUBSCRIBE_EVENT, subscription);
    }
    for (uint32_t type : {output_queue, capture_queue}) {
        v4l2_requestbuffers buffers{};
        buffers.type = type;
        buffers.count = 2 + random.below(most_buffers - 1);
        buffers.memory = random.percent(90) ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
        call(random, VIDIOC_REQBUFS, buffers);
        call(random, VIDIOC_STREAMON, type);
    }
    for (size_t i = 0; i < most_requests; i++)
        new_request(random);
}

/** What a player does for each picture; every call may go wrong, or be another thread's. */
void WildClient::submit(Random& random) {
    if (stateful_) {
        enqueue(random, output_queue, -1);
        enqueue(random, capture_queue, -1);
        return;
    }
    const int request = requests_[random.below(most_requests)];
    if (request < 0) {
        new_request(random);
        return;
    }
    ::ioctl(request, MEDIA_REQUEST_IOC_REINIT);
    v4l2_format format{};
    format.type = output_queue;
    call(random, VIDIOC_G_FMT, format);
    auto controls = request_controls(format.fmt.pix_mp.pixelformat);
    for (WildControl& control : controls)
        random.spoil(control.payload, 10);
    put_controls(random, controls, request, true);
    enqueue(random, output_queue, request);
    enqueue(random, capture_queue, -1);
    if (::ioctl(request, MEDIA_REQUEST_IOC_QUEUE) == 0)
        progress_.reached(Depth::requests_queued);
}

void WildClient::collect(Random& random) {
    wait(random);
    for (int i = 0; i < 3; i++)
        dequeue_buffer(random);
    if (stateful_)
        events(random);
}

void WildClient::open_again(Random& random) {
    if (random.percent(20) && video_ >= 0) {
        const int copy = ::dup(video_);
        close_and_forget(video_);
        video_ = copy;
        return;
    }
    // Mostly without blocking: who blocks is woken by the overseer alone.
    const int flags = random.percent(95) ? O_NONBLOCK : 0;
    const int fresh = ::open(stateful_ ? nodes_.stateful : nodes_.stateless, O_RDWR | O_CLOEXEC | flags);
    const int old = video_.exchange(fresh);
    if (old >= 0)
        ::close(old);
}

void WildClient::set_format(Random& random) {
    v4l2_format format{};
    format.type = queue(random);
    const bool output = format.type == output_queue;
    format.fmt.pix_mp.pixelformat =
        random.mostly(output ? coded_format(random) : random.pick(picture_formats));
    format.fmt.pix_mp.width = random.below(longest_side);
    format.fmt.pix_mp.height = random.below(longest_side);
    format.fmt.pix_mp.num_planes = static_cast<uint8_t>(random.below(5));
    format.fmt.pix_mp.field = random.mostly(V4L2_FIELD_NONE);
    format.fmt.pix_mp.plane_fmt[0].sizeimage = random.below(most_bitstream);
    format.fmt.pix_mp.plane_fmt[0].bytesperline = random.below(4 * longest_side);
    call(random, VIDIOC_S_FMT, format);
}

void WildClient::try_format(Random& random) {
    v4l2_format format{};
    for (uint8_t& byte : bytes_of(format))
        byte = random.percent(50) ? static_cast<uint8_t>(random.bits()) : 0;
    format.type = queue(random);
    if (random.percent(50))
        format.fmt.pix_mp.pixelformat = random.pick(picture_formats);
    call(random, random.percent(70) ? VIDIOC_TRY_FMT : VIDIOC_G_FMT, format);
}

void WildClient::enumerate(Random& random) {
    v4l2_fmtdesc description{};
    description.type = queue(random);
    description.index = random.mostly(random.below(8));
    call(random, VIDIOC_ENUM_FMT, description);
    v4l2_frmsizeenum sizes{};
    sizes.index = random.mostly(0);
    sizes.pixel_format = random.mostly(coded_format(random));
    call(random, VIDIOC_ENUM_FRAMESIZES, sizes);
    v4l2_capability capability{};
    call(random, VIDIOC_QUERYCAP, capability);
}

void WildClient::request_buffers(Random& random) {
    v4l2_requestbuffers buffers{};
    buffers.type = queue(random);
    buffers.count = random.below(most_buffers + 1);
    buffers.memory = random.mostly(random.percent(80) ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF);
    call(random, VIDIOC_REQBUFS, buffers);
}

void WildClient::create_buffers(Random& random) {
    v4l2_create_buffers buffers{};
    buffers.count = random.below(3);
    buffers.memory = random.mostly(V4L2_MEMORY_MMAP);
    buffers.format.type = queue(random);
    call(random, VIDIOC_G_FMT, buffers.format);
    if (random.percent(50))
        buffers.format.fmt.pix_mp.plane_fmt[0].sizeimage = random.below(2 * most_bitstream);
    call(random, VIDIOC_CREATE_BUFS, buffers);
#ifdef VIDIOC_REMOVE_BUFS
    v4l2_remove_buffers removed{};
    removed.type = queue(random);
    removed.index = random.mostly(random.below(most_buffers));
    removed.count = random.mostly(random.below(3));
    call(random, VIDIOC_REMOVE_BUFS, removed);
#endif
}

void WildClient::query_buffer(Random& random) {
    v4l2_buffer buffer{};
    std::array<v4l2_plane, VIDEO_MAX_PLANES> planes{};
    buffer.type = queue(random);
    buffer.index = random.mostly(random.below(most_buffers));
    buffer.memory = random.mostly(V4L2_MEMORY_MMAP);
    buffer.m.planes = planes.data();
    buffer.length = random.percent(95) ? VIDEO_MAX_PLANES : random.below(VIDEO_MAX_PLANES);
    call(random, random.percent(80) ? VIDIOC_QUERYBUF : VIDIOC_PREPARE_BUF, buffer);
}

void WildClient::enqueue(Random& random, uint32_t type, int request) {
    v4l2_buffer buffer{};
    std::array<v4l2_plane, VIDEO_MAX_PLANES> planes{};
    buffer.type = random.mostly(type);
    buffer.index = random.mostly(random.below(most_buffers));
    buffer.memory = random.percent(92) ? uint32_t{V4L2_MEMORY_MMAP} : random.mostly(V4L2_MEMORY_DMABUF);
    buffer.m.planes = planes.data();
    buffer.length = random.percent(98) ? 3 : random.below(VIDEO_MAX_PLANES);
    buffer.timestamp.tv_usec = random.below(1000);
    buffer.field = random.mostly(V4L2_FIELD_NONE);
    // Each is imported once: what is mapped twice is a mistake to the debugging of DMA, whoever makes it.
    std::vector<DmaBuffer> imports;
    for (v4l2_plane& plane : std::span(planes).first(3)) {
        plane.bytesused = random.percent(85) ? 1 + random.below(100) : random.odd_number();
        plane.length = random.percent(90) ? most_bitstream : random.odd_number();
        if (buffer.memory == V4L2_MEMORY_DMABUF) {
            imports.emplace_back(DmaBufferSource::system_heap, 1 + random.below(2 * most_bitstream));
            plane.m.fd = random.percent(95) ? imports.back().fd() : media_;
        } else if (random.percent(2)) {
            plane.data_offset = random.odd_number();
        }
    }
    if (request >= 0) {
        buffer.flags |= V4L2_BUF_FLAG_REQUEST_FD;
        buffer.request_fd = request;
    }
    if (random.percent(10))
        buffer.flags |= V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF;
    if (random.percent(2))
        buffer.flags ^= static_cast<uint32_t>(random.bits());
    call(random, VIDIOC_QBUF, buffer);
}

void WildClient::queue_buffer(Random& random) {
    const bool with_request = !stateful_ && random.percent(50);
    enqueue(random, queue(random), with_request ? requests_[random.below(most_requests)].load() : -1);
}

void WildClient::dequeue_buffer(Random& random) {
    v4l2_buffer buffer{};
    std::array<v4l2_plane, VIDEO_MAX_PLANES> planes{};
    buffer.type = queue(random);
    const bool capture = buffer.type == capture_queue;
    buffer.memory = random.mostly(V4L2_MEMORY_MMAP);
    buffer.m.planes = planes.data();
    buffer.length = VIDEO_MAX_PLANES;
    if (call(random, VIDIOC_DQBUF, buffer) == 0 && capture)
        progress_.reached(Depth::frames_dequeued);
}

void WildClient::export_buffer(Random& random) {
    v4l2_exportbuffer buffer{};
    buffer.type = queue(random);
    buffer.index = random.mostly(random.below(most_buffers));
    buffer.plane = random.mostly(random.below(3));
    buffer.flags = random.mostly(O_RDWR | O_CLOEXEC);
    if (call(random, VIDIOC_EXPBUF, buffer) != 0 || buffer.fd < 0)
        return;
    const int old = dma_bufs_[random.below(most_dma_bufs)].exchange(buffer.fd);
    if (old >= 0)
        ::close(old);
}

void WildClient::stream_on(Random& random) {
    uint32_t type = queue(random);
    call(random, VIDIOC_STREAMON, type);
}

void WildClient::stream_off(Random& random) {
    uint32_t type = queue(random);
    call(random, VIDIOC_STREAMOFF, type);
}

void WildClient::put_controls(Random& random, const std::vector<WildControl>& controls, int request,
                              bool set) {
    std::vector<std::vector<uint8_t>> payloads;
    std::vector<v4l2_ext_control> list(controls.size());
    payloads.reserve(controls.size());
    for (size_t i = 0; i < controls.size(); i++) {
        payloads.push_back(controls[i].payload);
        list[i].id = controls[i].id;
        list[i].size = static_cast<uint32_t>(payloads[i].size());
        list[i].ptr = random.percent(1) ? memory_.somewhere(random, payloads[i].size()) : payloads[i].data();
    }
    v4l2_ext_controls argument{};
    argument.which = random.mostly(request >= 0 ? V4L2_CTRL_WHICH_REQUEST_VAL : V4L2_CTRL_WHICH_CUR_VAL);
    argument.count = static_cast<uint32_t>(list.size());
    argument.request_fd = request;
    argument.controls = list.data();
    const unsigned long how = set ? (random.percent(95) ? VIDIOC_S_EXT_CTRLS : VIDIOC_TRY_EXT_CTRLS)
                                  : static_cast<unsigned long>(VIDIOC_G_EXT_CTRLS);
    call(random, how, argument);
}

void WildClient::set_controls(Random& random) {
    std::vector<WildControl> controls;
    for (uint32_t count = random.below(4); count > 0; count--)
        controls.push_back(random_control(random));
    put_controls(random, controls, random.percent(50) ? requests_[random.below(most_requests)].load() : -1,
                 true);
}

void WildClient::get_controls(Random& random) {
    const std::vector<WildControl> controls = {random_control(random)};
    put_controls(random, controls, random.percent(50) ? requests_[random.below(most_requests)].load() : -1,
                 false);
    v4l2_query_ext_ctrl query{};
    query.id = random.percent(50) ? controls[0].id
                                  : random.mostly(V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND);
    call(random, VIDIOC_QUERY_EXT_CTRL, query);
    v4l2_querymenu menu{};
    menu.id = controls[0].id;
    menu.index = random.mostly(random.below(4));
    call(random, VIDIOC_QUERYMENU, menu);
}

void WildClient::new_request(Random& random) {
    int descriptor = -1;
    if (wild_ioctl(random, memory_, media_, MEDIA_IOC_REQUEST_ALLOC, descriptor) != 0)
        return;
    const int old = requests_[random.below(most_requests)].exchange(descriptor);
    if (old >= 0)
        ::close(old);
}

void WildClient::use_request(Random& random) {
    std::atomic<int>& request = requests_[random.below(most_requests)];
    switch (random.below(4)) {
    case 0:
        ::ioctl(request, MEDIA_REQUEST_IOC_QUEUE);
        break;
    case 1:
        ::ioctl(request, MEDIA_REQUEST_IOC_REINIT);
        break;
    case 2:
        close_and_forget(request);
        break;
    default: {
        pollfd waits{.fd = request, .events = POLLPRI, .revents = 0};
        ::poll(&waits, 1, static_cast<int>(random.below(3)));
    }
    }
}

void WildClient::command(Random& random) {
    v4l2_decoder_cmd command{};
    command.cmd = random.mostly(random.below(6));
    command.flags = random.percent(10) ? random.odd_number() : 0;
    call(random, random.percent(80) ? VIDIOC_DECODER_CMD : VIDIOC_TRY_DECODER_CMD, command);
}

void WildClient::events(Random& random) {
    if (random.percent(70)) {
        v4l2_event event{};
        // A file that blocks would wait here for what may never come.
        if (call(random, VIDIOC_DQEVENT, event) == 0)
            progress_.reached(Depth::events_dequeued);
        return;
    }
    v4l2_event_subscription subscription{};
    subscription.type = random.mostly(
        random.pick(std::array<uint32_t, 3>{V4L2_EVENT_SOURCE_CHANGE, V4L2_EVENT_EOS, V4L2_EVENT_CTRL}));
    subscription.id = random.percent(80) ? 0 : random.pick(request_controls(V4L2_PIX_FMT_H264_SLICE)).id;
    subscription.flags = random.percent(20) ? random.odd_number() : 0;
    call(random, random.percent(80) ? VIDIOC_SUBSCRIBE_EVENT : VIDIOC_UNSUBSCRIBE_EVENT, subscription);
}

void WildClient::select(Random& random) {
    v4l2_selection selection{};
    selection.type =
        random.mostly(random.percent(50) ? uint32_t{V4L2_BUF_TYPE_VIDEO_CAPTURE} : capture_queue);
    selection.target = random.mostly(V4L2_SEL_TGT_COMPOSE);
    selection.r = {.left = static_cast<int32_t>(random.odd_number()),
                   .top = 0,
                   .width = random.odd_number(),
                   .height = random.odd_number()};
    call(random, random.percent(50) ? VIDIOC_S_SELECTION : VIDIOC_G_SELECTION, selection);
}

void WildClient::map(Random& random) {
    const size_t size = size_t{4096} << random.below(6);
    // The module's buffers lie one behind the other, CAPTURE's behind bit 30.
    const off_t offset =
        static_cast<off_t>(random.below(64) * 4096) + (random.percent(50) ? off_t{1} << 30 : off_t{0});
    const int from = random.percent(70) ? video_.load() : dma_bufs_[random.below(most_dma_bufs)].load();
    void* address =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, from, from == video_ ? offset : 0);
    if (address == MAP_FAILED)
        return;
    // Not touched: behind a buffer's end lies nothing, and this process is to live.
    ::madvise(address, size, MADV_DONTNEED);
    ::munmap(address, size);
}

void WildClient::wait(Random& random) {
    pollfd waits{.fd = video_,
                 .events =
                     static_cast<short>(random.percent(90) ? POLLIN | POLLOUT | POLLPRI : random.bits()),
                 .revents = 0};
    ::poll(&waits, 1, static_cast<int>(random.below(5)));
}

void WildClient::anything(Random& random) {
    std::array<uint8_t, 512> argument{};
    for (uint8_t& byte : argument)
        byte = random.percent(60) ? 0 : static_cast<uint8_t>(random.bits());
    const uint32_t number = random.percent(80) ? random.below(110) : random.below(256);
    // What sizes buffers by random numbers would test the machine's memory.
    constexpr unsigned sizing[] = {_IOC_NR(VIDIOC_S_FMT), _IOC_NR(VIDIOC_REQBUFS),
                                   _IOC_NR(VIDIOC_CREATE_BUFS)};
    if (std::ranges::find(sizing, number) != std::end(sizing))
        return;
    const unsigned long request = _IOC(random.below(4), random.percent(90) ? 'V' : random.below(256), number,
                                       random.below(sizeof(argument)));
    call(random, request, argument);
}

} // namespace daedalus::client
