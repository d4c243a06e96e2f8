// SPDX-License-Identifier: BSD-2-Clause
#include "worker/session_reader.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string>

namespace daedalus::worker {
namespace {

// No session's messages come near it; it bounds what a broken kernel could make us allocate.
constexpr std::size_t absurd_message = std::size_t{1} << 30;

std::unexpected<util::Error> absurd(std::size_t size) {
    return util::fail(EPROTO, "the kernel wants " + std::to_string(size) + " bytes for a message");
}

} // namespace

util::Result<std::optional<bridge::FormatMessage>> SessionReader::read_format() {
    // Room for FORMAT alone, so that nothing of the video comes with it.
    MessageBuffer first(sizeof(daedalus_msg_format));
    for (;;) {
        const auto outcome = channel_.read(first.room());
        if (!outcome)
            return std::unexpected(outcome.error());
        if (outcome->state == bridge::ReadState::closed)
            return std::nullopt;
        if (outcome->state == bridge::ReadState::nothing) {
            if (auto waited = wait(std::nullopt); !waited)
                return std::unexpected(std::move(waited.error()));
            continue;
        }
        if (outcome->state == bridge::ReadState::too_small)
            return util::fail(EPROTO, "the kernel did not begin the session with FORMAT");
        const auto messages = first.parse(outcome->size);
        if (!messages)
            return std::unexpected(messages.error());
        for (const bridge::Message& message : *messages) {
            // A buffer that an earlier worker had mapped may be retired before.
            if (std::holds_alternative<bridge::RetireMessage>(message))
                continue;
            const auto* format = std::get_if<bridge::FormatMessage>(&message);
            if (!format)
                return util::fail(EPROTO, "the kernel did not begin the session with FORMAT");
            return *format;
        }
    }
}

util::Result<Batch> SessionReader::read() {
    Batch batch;
    batch.memory = buffers_.take(max_message_);
    const auto outcome = channel_.read(batch.memory->room());
    if (!outcome)
        return std::unexpected(outcome.error());
    batch.state = outcome->state;
    if (outcome->state == bridge::ReadState::too_small) {
        const auto size = channel_.max_message();
        if (!size)
            return std::unexpected(size.error());
        if (*size > absurd_message || *size <= max_message_)
            return absurd(*size);
        max_message_ = *size;
    }
    if (outcome->state != bridge::ReadState::data)
        return batch;
    auto messages = batch.memory->parse(outcome->size);
    if (!messages)
        return std::unexpected(std::move(messages.error()));
    batch.messages = std::move(*messages);
    return batch;
}

util::Result<void> SessionReader::take_format(const bridge::FormatMessage& format) {
    if (format.max_message > absurd_message)
        return absurd(format.max_message);
    max_message_ = std::max<std::size_t>(format.max_message, sizeof(daedalus_msg_decode));
    return {};
}

util::Result<bool> SessionReader::wait(std::optional<std::chrono::microseconds> timeout) {
    pollfd poll_fd = {channel_.poll_fd(), POLLIN, 0};
    timespec limit = {};
    if (timeout) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*timeout);
        limit.tv_sec = seconds.count();
        limit.tv_nsec = std::chrono::nanoseconds(*timeout - seconds).count();
    }
    const int ready = ppoll(&poll_fd, 1, timeout ? &limit : nullptr, nullptr);
    if (ready < 0 && errno != EINTR)
        return util::fail_errno("cannot wait for messages");
    return ready > 0;
}

} // namespace daedalus::worker
