// SPDX-License-Identifier: BSD-2-Clause
#include "wild_daemon.h"

#include "client/bridge/fake_daemon.h"

#include <algorithm>
#include <daedalus/protocol.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace daedalus::client {

namespace {

constexpr size_t largest_read = size_t{256} * 1024;

void close_if_open(int descriptor) {
    if (descriptor >= 0)
        ::close(descriptor);
}

template <typename Structure>
std::optional<Structure> structure_at(std::span<const uint8_t> bytes) {
    Structure value;
    if (bytes.size() < sizeof(value))
        return std::nullopt;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

/** What the message says that can be answered. */
std::optional<Known> known_of(std::span<const uint8_t> message, uint32_t type, int session) {
    switch (type) {
    case DAEDALUS_MSG_DECODE:
        if (const auto decode = structure_at<daedalus_msg_decode>(message))
            return Known{.session = session, .cookie = decode->cookie, .buffer = decode->dst_buffer};
        break;
    case DAEDALUS_MSG_INPUT:
        if (const auto input = structure_at<daedalus_msg_input>(message))
            return Known{.session = session, .cookie = input->cookie};
        break;
    case DAEDALUS_MSG_DRAIN:
        if (const auto drain = structure_at<daedalus_msg_drain>(message))
            return Known{.session = session, .cookie = drain->cookie};
        break;
    case DAEDALUS_MSG_CAPTURE:
        if (const auto offer = structure_at<daedalus_msg_capture>(message))
            return Known{.session = session, .cookie = offer->cookie, .buffer = offer->buffer, .offer = true};
        break;
    case DAEDALUS_MSG_FLUSH:
        if (const auto flush = structure_at<daedalus_msg_flush>(message))
            return Known{.session = session, .epoch = flush->epoch};
        break;
    default:
        break;
    }
    return std::nullopt;
}

} // namespace

WildDaemon::~WildDaemon() {
    for (const int session : sessions_)
        close_if_open(session);
    for (const int dma_buf : dma_bufs_)
        close_if_open(dma_buf);
    close_if_open(control_);
}

void WildDaemon::act(Random& random) {
    if (control_ < 0) {
        attach(random);
        return;
    }
    const uint32_t choice = random.below(100);
    if (choice < 10)
        accept(random);
    else if (choice < 45)
        read_messages(random);
    else if (choice < 88)
        serve(random);
    else if (choice < 91)
        cancel(random);
    else if (choice < 93)
        hello(random, random.percent(70));
    else if (choice < 97)
        anything(random);
    else
        close_something(random);
}

/** The device opens once; another thread may be quicker, or one that was killed not be gone yet. */
void WildDaemon::attach(Random& random) {
    const int control = ::open("/dev/" DAEDALUS_DEVICE_NAME, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (control < 0) {
        ::poll(nullptr, 0, 1);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        close_if_open(std::exchange(control_, control));
    }
    if (random.percent(10)) // before HELLO
        accept(random);
    hello(random, true);
}

void WildDaemon::hello(Random& random, bool right) {
    daedalus_hello greeting = good_hello();
    greeting.codecs = (1ULL << DAEDALUS_CODEC_COUNT) - 1;
    greeting.job_timeout_ms = 100 + random.below(2000);
    greeting.max_sessions = 1 + random.below(8);
    if (!right) {
        random.spoil(bytes_of(greeting), 100);
        // Each of these would be a line of the log.
        greeting.proto_version = DAEDALUS_PROTO_VERSION;
    }
    wild_ioctl(random, memory_, control_, DAEDALUS_IOC_HELLO, greeting);
}

void WildDaemon::accept(Random& random) {
    daedalus_session_info info{};
    const int session = wild_ioctl(random, memory_, control_, DAEDALUS_IOC_ACCEPT, info);
    if (session < 0)
        return;
    ::fcntl(session, F_SETFL, O_NONBLOCK);
    const std::lock_guard lock(mutex_);
    auto* const free = std::ranges::find(sessions_, -1);
    auto& place = free != sessions_.end() ? *free : sessions_[random.below(most_sessions)];
    close_if_open(std::exchange(place, session));
}

void WildDaemon::cancel(Random& random) {
    daedalus_cancel argument{};
    argument.session = random.mostly(random.below(40));
    if (const auto known = something_known(random, false); known && random.percent(50))
        argument.cookie = known->cookie;
    wild_ioctl(random, memory_, control_, DAEDALUS_IOC_CANCEL, argument);
}

int WildDaemon::some_session(Random& random) {
    const std::lock_guard lock(mutex_);
    for (int tries = 0; tries < 4; tries++)
        if (const int session = sessions_[random.below(most_sessions)]; session >= 0)
            return session;
    return -1;
}

void WildDaemon::read_messages(Random& random) {
    const int session = some_session(random);
    if (session < 0) {
        accept(random);
        return;
    }
    pollfd waits{.fd = session, .events = POLLIN, .revents = 0};
    ::poll(&waits, 1, static_cast<int>(random.below(3)));
    if (random.percent(5)) { // what it writes before it fails is seen by the kernel's checks
        const size_t size = random.percent(50) ? 4096 : largest_read;
        (void)!::read(session, memory_.somewhere(random, size), size);
        return;
    }
    std::vector<uint8_t> bytes(random.percent(90) ? largest_read : random.below(1024));
    const ssize_t count = ::read(session, bytes.data(), bytes.size());
    if (count <= 0)
        return;
    bytes.resize(static_cast<size_t>(count));
    remember(session, bytes);
}

void WildDaemon::remember(int session, const std::vector<uint8_t>& bytes) {
    std::span<const uint8_t> left(bytes);
    while (left.size() >= sizeof(daedalus_message)) {
        daedalus_message header{};
        std::memcpy(&header, left.data(), sizeof(header));
        if (header.length < sizeof(header) || header.length > left.size())
            return;
        progress_.reached(Depth::messages_read);
        if (const auto known = known_of(left.first(header.length), header.type, session)) {
            const std::lock_guard lock(mutex_);
            if (known_.size() >= most_known)
                known_.erase(known_.begin());
            known_.push_back(*known);
        }
        left = left.subspan(header.length);
    }
}

std::optional<Known> WildDaemon::something_known(Random& random, bool once) {
    const std::lock_guard lock(mutex_);
    if (known_.empty())
        return std::nullopt;
    const auto place = known_.begin() + random.below(static_cast<uint32_t>(known_.size()));
    const Known known = *place;
    if (once)
        known_.erase(place);
    return known;
}

void WildDaemon::serve(Random& random) {
    // What is kept may be answered again.
    auto known = something_known(random, random.percent(85));
    if (!known) {
        tell_stream(random, some_session(random));
        return;
    }
    if (random.percent(4))
        known->session = some_session(random);
    if (random.percent(4))
        known->cookie ^= 1ULL << random.below(64);
    answer(random, *known);
}

void WildDaemon::answer(Random& random, const Known& known) {
    if (known.cookie == 0) {
        answer_flush(random, known);
    } else if (known.offer) {
        if (random.percent(20))
            tell_stream(random, known.session);
        if (random.percent(30))
            export_buffer(random, known);
        give_picture(random, known);
    } else {
        if (random.percent(30))
            export_buffer(random, known);
        complete(random, known);
    }
}

void WildDaemon::complete(Random& random, const Known& known) {
    daedalus_complete argument{};
    argument.cookie = known.cookie;
    argument.flags = DAEDALUS_COMPLETE_SRC_CONSUMED;
    if (known.buffer != 0)
        argument.flags |= DAEDALUS_COMPLETE_HAS_PIXELS;
    argument.status = random.percent(80) ? uint32_t{DAEDALUS_STATUS_OK} : random.below(DAEDALUS_STATUS_COUNT);
    random.spoil(bytes_of(argument), 4);
    if (wild_ioctl(random, memory_, known.session, DAEDALUS_IOC_COMPLETE, argument) == 0)
        progress_.reached(Depth::jobs_completed);
}

void WildDaemon::give_picture(Random& random, const Known& known) {
    daedalus_picture argument{};
    argument.cookie = known.cookie;
    argument.timestamp = random.bits();
    argument.flags = random.below(2);
    argument.status = random.percent(80) ? uint32_t{DAEDALUS_STATUS_OK} : random.below(DAEDALUS_STATUS_COUNT);
    random.spoil(bytes_of(argument), 4);
    if (wild_ioctl(random, memory_, known.session, DAEDALUS_IOC_PICTURE, argument) == 0)
        progress_.reached(Depth::pictures_given);
}

void WildDaemon::tell_stream(Random& random, int session) {
    daedalus_stream argument{};
    argument.width = 16 + random.below(3) * 16;
    argument.height = 16;
    argument.coded_width = argument.width;
    argument.coded_height = argument.height;
    argument.bit_depth = random.percent(80) ? 8 : 10;
    argument.colorspace = V4L2_COLORSPACE_REC709;
    argument.pixel_width = argument.pixel_height = 1;
    random.spoil(bytes_of(argument), 10);
    // Larger pictures would make the clients' buffers larger than the machine.
    constexpr uint32_t longest_side = 8192, sensible_side = 512;
    for (uint32_t* side : {&argument.width, &argument.height})
        if (*side > sensible_side && *side <= longest_side)
            *side %= sensible_side;
    wild_ioctl(random, memory_, session, DAEDALUS_IOC_STREAM, argument);
}

void WildDaemon::export_buffer(Random& random, const Known& known) {
    daedalus_export argument{};
    argument.buffer = random.percent(95) ? known.buffer : random.bits();
    argument.plane = random.percent(80) ? 0 : random.mostly(random.below(4));
    const int memory = wild_ioctl(random, memory_, known.session, DAEDALUS_IOC_EXPORT, argument);
    if (memory < 0)
        return;
    progress_.reached(Depth::buffers_exported);
    const off_t size = ::lseek(memory, 0, SEEK_END);
    if (size > 0) {
        // Written to whether or not the job lives, as a worker may that its kernel has left behind.
        const auto length = static_cast<size_t>(size);
        void* address = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        if (address != MAP_FAILED) {
            std::memset(address, static_cast<int>(random.below(256)), std::min<size_t>(length, 8192));
            ::munmap(address, length);
        }
        dma_buf_sync sync{.flags = random.mostly(random.below(8))};
        wild_ioctl(random, memory_, memory, DMA_BUF_IOCTL_SYNC, sync);
    }
    const std::lock_guard lock(mutex_);
    close_if_open(std::exchange(dma_bufs_[random.below(most_dma_bufs)], memory));
}

void WildDaemon::answer_flush(Random& random, const Known& known) {
    daedalus_flushed argument{};
    argument.epoch = random.mostly(known.epoch);
    random.spoil(bytes_of(argument), 3);
    if (wild_ioctl(random, memory_, known.session, DAEDALUS_IOC_FLUSHED, argument) == 0)
        progress_.reached(Depth::flushes_answered);
}

/** A worker dies, with a copy of its fd elsewhere or without, or now and then the daemon. */
void WildDaemon::close_something(Random& random) {
    const std::lock_guard lock(mutex_);
    if (random.percent(10)) {
        close_if_open(std::exchange(control_, -1));
        return;
    }
    int& session = sessions_[random.below(most_sessions)];
    if (session < 0)
        return;
    const int copy = random.percent(20) ? ::dup(session) : -1;
    ::close(std::exchange(session, copy));
}

void WildDaemon::anything(Random& random) {
    const int session = some_session(random);
    switch (random.below(4)) {
    case 0:
        ::ioctl(session, DAEDALUS_IOC_MAX_MESSAGE, random.bits());
        break;
    case 1: { // what there is not
        std::array<uint8_t, 256> argument{};
        const unsigned long request =
            _IOC(random.below(4), DAEDALUS_IOC_MAGIC, random.below(256), random.below(sizeof(argument)));
        wild_ioctl(random, memory_, random.percent(50) ? session : control_, request, argument);
        break;
    }
    case 2: { // and on the wrong kind of fd
        std::array<uint8_t, 128> argument{};
        wild_ioctl(random, memory_, session, DAEDALUS_IOC_HELLO, argument);
        wild_ioctl(random, memory_, control_, DAEDALUS_IOC_COMPLETE, argument);
        break;
    }
    default:
        (void)!::write(session, &session, sizeof(session));
        (void)::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, session, 0);
        ::lseek(session, static_cast<off_t>(random.bits()), SEEK_SET);
    }
}

} // namespace daedalus::client
