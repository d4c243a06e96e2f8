// SPDX-License-Identifier: BSD-2-Clause
#include "fake_daemon.h"

#include "client/failure.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace daedalus::client {

daedalus_hello good_hello() {
    daedalus_hello hello{};
    hello.proto_version = DAEDALUS_PROTO_VERSION;
    hello.job_timeout_ms = 5000;
    hello.codecs = 1ULL << DAEDALUS_CODEC_H264 | 1ULL << DAEDALUS_CODEC_AV1;
    hello.max_sessions = 16;
    std::strncpy(hello.daemon_version, "bridge-test", sizeof(hello.daemon_version) - 1);
    return hello;
}

void Message::check_size(size_t size) const {
    expect(bytes.size() >= size, "a message of type " + std::to_string(type) + " is only " +
                                     std::to_string(bytes.size()) + " bytes long");
}

std::span<const uint8_t> Message::part(uint32_t offset, uint32_t length) const {
    expect(offset % 8 == 0 && offset <= bytes.size() && length <= bytes.size() - offset,
           "a part of a message lies outside of it");
    return std::span(bytes).subspan(offset, length);
}

int64_t FakeWorker::read_into(std::vector<uint8_t>& buffer, size_t size) const {
    buffer.resize(size);
    ssize_t count = 0;
    do
        count = ::read(file_.get(), buffer.data(), size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    buffer.resize(static_cast<size_t>(count));
    return count;
}

std::vector<Message> split_messages(std::span<const uint8_t> bytes) {
    std::vector<Message> messages;
    while (!bytes.empty()) {
        daedalus_message header{};
        expect(bytes.size() >= sizeof(header), "a message is cut short");
        std::memcpy(&header, bytes.data(), sizeof(header));
        expect(header.length >= sizeof(header) && header.length % 8 == 0 && header.length <= bytes.size(),
               "a message has a length of " + std::to_string(header.length));
        const auto message = bytes.first(header.length);
        messages.push_back({.type = header.type, .bytes = {message.begin(), message.end()}});
        bytes = bytes.subspan(header.length);
    }
    return messages;
}

std::optional<Message> FakeWorker::next(int milliseconds) {
    if (waiting_.empty()) {
        if ((file_.wait(POLLIN, milliseconds) & POLLIN) == 0)
            return std::nullopt;
        std::vector<uint8_t> buffer;
        const int64_t count = read_into(buffer, static_cast<size_t>(std::max(max_message(), 65536)) * 2);
        if (count < 0)
            fail_errno("read of a session fd", static_cast<int>(-count));
        waiting_ = split_messages(buffer);
        if (waiting_.empty())
            return std::nullopt;
    }
    Message message = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return message;
}

Message FakeWorker::next_decode() {
    while (true) {
        std::optional<Message> message = next();
        expect(message.has_value(), "no DECODE came");
        if (message->type == DAEDALUS_MSG_DECODE)
            return *message;
        expect(message->type == DAEDALUS_MSG_FORMAT || message->type == DAEDALUS_MSG_RETIRE,
               "message type " + std::to_string(message->type) + " came instead of DECODE");
    }
}

bool FakeWorker::at_end(int milliseconds) const {
    if ((file_.wait(POLLIN, milliseconds) & POLLIN) == 0)
        return false;
    std::vector<uint8_t> buffer;
    return read_into(buffer, 1 << 20) == 0;
}

int FakeWorker::complete(uint64_t cookie, uint32_t status, uint32_t flags) const {
    daedalus_complete answer{};
    answer.cookie = cookie;
    answer.status = status;
    answer.flags = flags;
    return complete(answer);
}

int FakeWorker::complete(daedalus_complete answer) const {
    return file_.control(DAEDALUS_IOC_COMPLETE, &answer);
}

int FakeWorker::flushed(uint32_t epoch) const {
    daedalus_flushed answer{};
    answer.epoch = epoch;
    return file_.control(DAEDALUS_IOC_FLUSHED, &answer);
}

int FakeWorker::export_plane(uint64_t buffer, uint32_t plane) const {
    daedalus_export request{};
    request.buffer = buffer;
    request.plane = plane;
    return file_.control(DAEDALUS_IOC_EXPORT, &request);
}

int FakeWorker::max_message() const {
    return file_.control(DAEDALUS_IOC_MAX_MESSAGE, nullptr);
}

FakeDaemon::FakeDaemon() : file_(File::open("/dev/" DAEDALUS_DEVICE_NAME, O_RDWR)) {}

FakeDaemon::FakeDaemon(uint32_t job_timeout_ms, uint32_t max_sessions) : FakeDaemon() {
    daedalus_hello greeting = good_hello();
    greeting.job_timeout_ms = job_timeout_ms;
    greeting.max_sessions = max_sessions;
    const int result = hello(greeting);
    if (result < 0)
        fail_errno("HELLO", -result);
}

std::optional<FakeWorker> FakeDaemon::try_accept() const {
    daedalus_session_info info{};
    const int result = file_.control(DAEDALUS_IOC_ACCEPT, &info);
    if (result == -EAGAIN)
        return std::nullopt;
    if (result < 0)
        fail_errno("ACCEPT", -result);
    expect((::fcntl(result, F_GETFD) & FD_CLOEXEC) != 0, "a session fd is not close-on-exec");
    ::fcntl(result, F_SETFL, O_NONBLOCK);
    return FakeWorker(result, info);
}

FakeWorker FakeDaemon::accept(int milliseconds) const {
    expect((file_.wait(POLLIN, milliseconds) & POLLIN) != 0, "no session waits for a worker");
    std::optional<FakeWorker> worker = try_accept();
    expect(worker.has_value(), "the control fd was readable, but ACCEPT gave EAGAIN");
    return std::move(*worker);
}

int FakeDaemon::cancel(uint64_t session, uint64_t cookie, uint32_t* canceled) const {
    daedalus_cancel argument{};
    argument.session = session;
    argument.cookie = cookie;
    const int result = file_.control(DAEDALUS_IOC_CANCEL, &argument);
    if (canceled != nullptr)
        *canceled = argument.canceled;
    return result;
}

} // namespace daedalus::client
