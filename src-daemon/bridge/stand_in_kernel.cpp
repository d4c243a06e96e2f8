// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/stand_in_kernel.h"

#include "util/fd_passing.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace daedalus::bridge {
namespace {

constexpr std::size_t alignment = 8;

template <typename T>
daedalus_message header_of(std::uint32_t type) {
    return {type, sizeof(T)};
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
    to.resize((to.size() + alignment - 1) / alignment * alignment);
}

} // namespace

StandInKernel::Plane::~Plane() {
    if (!bytes.empty())
        munmap(bytes.data(), bytes.size());
}

util::Result<StandInKernel> StandInKernel::create(util::UniqueFd& worker_end) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return util::fail_errno("cannot make a socket");
    worker_end.reset(ends[1]);
    return StandInKernel(util::UniqueFd(ends[0]));
}

util::Result<void> StandInKernel::replace_worker(util::UniqueFd& worker_end) {
    // The end of what it said is an error: it has gone, or it waits for an answer to EXPORT.
    while (auto answer = receive_call())
        if (*answer)
            answers_.push_back(**answer);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return util::fail_errno("cannot make a socket");
    worker_end.reset(ends[1]);
    socket_.reset(ends[0]);
    return {};
}

util::Result<std::uint64_t> StandInKernel::add_buffer(const daedalus_picture_layout& layout) {
    Buffer buffer;
    buffer.layout = layout;
    for (std::uint32_t i = 0; i < layout.planes; i++) {
        Plane plane;
        plane.fd.reset(memfd_create("capture", MFD_CLOEXEC));
        const std::size_t size = layout.sizeimage[i];
        if (!plane.fd || ftruncate(plane.fd.get(), static_cast<off_t>(size)) < 0)
            return util::fail_errno("cannot make a CAPTURE buffer");
        void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, plane.fd.get(), 0);
        if (address == MAP_FAILED)
            return util::fail_errno("cannot map a CAPTURE buffer");
        plane.bytes = {static_cast<std::uint8_t*>(address), size};
        buffer.planes.push_back(std::move(plane));
    }
    const std::uint64_t id = next_buffer_++;
    buffers_.emplace(id, std::move(buffer));
    return id;
}

std::span<std::uint8_t> StandInKernel::bytes(std::uint64_t buffer, std::uint32_t plane) {
    return buffers_.at(buffer).planes.at(plane).bytes;
}

void StandInKernel::remove_buffer(std::uint64_t buffer) {
    buffers_.erase(buffer);
}

util::Result<void> StandInKernel::send_format(daedalus_codec codec, std::uint32_t coded_width,
                                              std::uint32_t coded_height,
                                              const daedalus_picture_layout& capture,
                                              std::uint32_t max_message, daedalus_session_kind kind) {
    daedalus_msg_format message = {};
    message.kind = kind;
    message.header = header_of<daedalus_msg_format>(DAEDALUS_MSG_FORMAT);
    message.codec = codec;
    message.max_message = max_message;
    message.coded_width = coded_width;
    message.coded_height = coded_height;
    message.capture = capture;
    return send_raw(std::as_bytes(std::span(&message, 1)));
}

util::Result<void> StandInKernel::send_decode(const StandInRequest& request,
                                              std::span<const StandInControl> controls,
                                              std::span<const std::byte> bitstream) {
    scratch_.clear();
    scratch_.resize(sizeof(daedalus_msg_decode));
    for (const StandInControl& control : controls) {
        const daedalus_control record = {control.id, static_cast<std::uint32_t>(control.payload.size()),
                                         control.elems, 0};
        append(scratch_, std::as_bytes(std::span(&record, 1)));
        append(scratch_, control.payload);
    }
    daedalus_msg_decode message = {};
    message.controls_offset = sizeof(daedalus_msg_decode);
    message.controls_length = static_cast<std::uint32_t>(scratch_.size() - sizeof(daedalus_msg_decode));
    message.bitstream_offset = static_cast<std::uint32_t>(scratch_.size());
    message.bitstream_length = static_cast<std::uint32_t>(bitstream.size());
    append(scratch_, bitstream);
    message.header = {DAEDALUS_MSG_DECODE, static_cast<std::uint32_t>(scratch_.size())};
    message.cookie = request.cookie;
    message.timestamp = request.timestamp;
    message.dst_buffer = request.buffer;
    message.flags = request.flags;
    message.queued = request.queued;
    message.attempt = request.attempt;
    message.coded_width = request.coded_width;
    message.coded_height = request.coded_height;
    const auto buffer = buffers_.find(request.buffer);
    if (buffer == buffers_.end())
        return util::fail(ENOENT, "no CAPTURE buffer " + std::to_string(request.buffer));
    message.dst = buffer->second.layout;
    std::memcpy(scratch_.data(), &message, sizeof(message));
    return send_raw(scratch_);
}

util::Result<void> StandInKernel::send_flush(std::uint32_t epoch, std::uint32_t flags) {
    daedalus_msg_flush message = {};
    message.flags = flags;
    message.header = header_of<daedalus_msg_flush>(DAEDALUS_MSG_FLUSH);
    message.epoch = epoch;
    return send_raw(std::as_bytes(std::span(&message, 1)));
}

util::Result<void> StandInKernel::send_input(std::uint64_t cookie, std::uint64_t timestamp,
                                             std::span<const std::byte> bitstream) {
    daedalus_msg_input message = {};
    message.cookie = cookie;
    message.timestamp = timestamp;
    message.bitstream_offset = sizeof(message);
    message.bitstream_length = static_cast<std::uint32_t>(bitstream.size());
    scratch_.clear();
    append(scratch_, std::as_bytes(std::span(&message, 1)));
    append(scratch_, bitstream);
    message.header = {DAEDALUS_MSG_INPUT, static_cast<std::uint32_t>(scratch_.size())};
    std::memcpy(scratch_.data(), &message, sizeof(message));
    return send_raw(scratch_);
}

util::Result<void> StandInKernel::send_capture(std::uint64_t cookie, std::uint64_t buffer) {
    daedalus_msg_capture message = {};
    message.header = header_of<daedalus_msg_capture>(DAEDALUS_MSG_CAPTURE);
    message.cookie = cookie;
    message.buffer = buffer;
    message.layout = buffers_.at(buffer).layout;
    return send_raw(std::as_bytes(std::span(&message, 1)));
}

util::Result<void> StandInKernel::send_drain(std::uint64_t cookie) {
    daedalus_msg_drain message = {};
    message.header = header_of<daedalus_msg_drain>(DAEDALUS_MSG_DRAIN);
    message.cookie = cookie;
    return send_raw(std::as_bytes(std::span(&message, 1)));
}

util::Result<void> StandInKernel::send_retire(std::uint64_t buffer) {
    daedalus_msg_retire message = {};
    message.header = header_of<daedalus_msg_retire>(DAEDALUS_MSG_RETIRE);
    message.buffer = buffer;
    return send_raw(std::as_bytes(std::span(&message, 1)));
}

util::Result<void> StandInKernel::send_raw(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        // The worker may be waiting for an answer of ours before it reads on.
        pollfd poll_fd = {socket_.get(), POLLIN | POLLOUT, 0};
        if (poll(&poll_fd, 1, -1) < 0)
            return util::fail_errno("cannot wait for the worker");
        if ((poll_fd.revents & POLLOUT) == 0) {
            auto answer = receive_call();
            if (!answer)
                return std::unexpected(std::move(answer.error()));
            if (const std::optional<Answer>& given = *answer)
                answers_.push_back(*given);
            continue;
        }
        const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return util::fail_errno("cannot send to the worker");
        bytes = bytes.subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
    return {};
}

util::Result<void> StandInKernel::serve_export(const StandInCall& call, const util::UniqueFd& reply) {
    exports_++;
    const auto buffer = buffers_.find(call.name);
    const bool found = buffer != buffers_.end() && call.number < buffer->second.planes.size();
    const int error = found ? 0 : ENOENT;
    return util::send_with_fd(reply.get(), std::as_bytes(std::span(&error, 1)),
                              found ? buffer->second.planes[call.number].fd.get() : -1);
}

util::Result<std::optional<StandInKernel::Answer>> StandInKernel::receive_call() {
    StandInCall call;
    auto fd = util::receive_with_fd(socket_.get(), std::as_writable_bytes(std::span(&call, 1)));
    if (!fd)
        return std::unexpected(std::move(fd.error()));
    const auto reply = [&fd](StreamAnswer with) {
        const int answer = static_cast<int>(with);
        return util::send_with_fd(fd->get(), std::as_bytes(std::span(&answer, 1)), -1);
    };
    switch (call.operation) {
    case StandInOperation::picture:
        if (auto replied = reply(picture_answer_); !replied)
            return std::unexpected(std::move(replied.error()));
        return call.picture;
    case StandInOperation::stream:
        if (auto replied = reply(stream_answer_); !replied)
            return std::unexpected(std::move(replied.error()));
        return call.stream;
    case StandInOperation::complete:
        return Completed{call.name, call.number, static_cast<daedalus_status>(call.status)};
    case StandInOperation::flushed:
        return Flushed{call.number};
    case StandInOperation::export_buffer:
        if (auto served = serve_export(call, *fd); !served)
            return std::unexpected(std::move(served.error()));
        return std::nullopt;
    }
    return util::fail(EPROTO, "the worker called what there is not");
}

util::Result<StandInKernel::Answer> StandInKernel::next_answer(int timeout_ms) {
    while (answers_.empty()) {
        pollfd poll_fd = {socket_.get(), POLLIN, 0};
        const int ready = poll(&poll_fd, 1, timeout_ms);
        if (ready == 0)
            return util::fail(ETIMEDOUT, "the worker does not answer");
        if (ready < 0)
            return util::fail_errno("cannot wait for the worker");
        auto answer = receive_call();
        if (!answer)
            return std::unexpected(std::move(answer.error()));
        if (const std::optional<Answer>& given = *answer)
            answers_.push_back(*given);
    }
    const Answer answer = answers_.front();
    answers_.pop_front();
    return answer;
}

} // namespace daedalus::bridge
