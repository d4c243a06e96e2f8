// SPDX-License-Identifier: BSD-2-Clause
#include "control/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace daedalus::control {
namespace {

constexpr std::uint64_t us_per_ms = 1000;
constexpr std::uint64_t timer_accuracy_us = 10 * us_per_ms;
/// Calls wait while more than this is unread; an answer may go beyond it.
constexpr std::size_t output_high_water = 262144;
constexpr unsigned calls_in_a_row = 16;

} // namespace

Connection::Connection(Server& server, util::UniqueFd fd, const Peer& peer, Access access)
    : server_(server), fd_(std::move(fd)), uid_(peer.uid), access_(access),
      input_(server.limits_.message_bytes), last_call_us_(now_us()), last_written_us_(last_call_us_) {}

util::Result<void> Connection::start() {
    sd_event_source* source = nullptr;
    const int added = sd_event_add_io(server_.event_, &source, fd_.get(), EPOLLIN, on_socket, this);
    if (added < 0)
        return util::fail_errno("cannot watch a control connection", -added);
    socket_source_.reset(source);
    // The kernel's sessions and the workers come first.
    sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IDLE);
    return {};
}

bool Connection::expired(std::uint64_t now_us) const {
    if (!output_.empty())
        return now_us - last_written_us_ > server_.limits_.stalled_us;
    return !stream_ && now_us - last_call_us_ > server_.limits_.idle_us;
}

int Connection::on_socket(sd_event_source*, int, std::uint32_t events, void* userdata) {
    auto& self = *static_cast<Connection*>(userdata);
    if ((events & EPOLLOUT) != 0)
        self.flush();
    if ((events & EPOLLIN) != 0)
        self.receive();
    self.process();
    // Nobody will ever read what is sent now; what was asked for before has been done.
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        self.failed_ = true;
    self.settle();
    return 0;
}

int Connection::on_resume(sd_event_source*, std::uint64_t, void* userdata) {
    auto& self = *static_cast<Connection*>(userdata);
    self.throttled_ = false;
    self.process();
    self.settle();
    return 0;
}

int Connection::on_repeat(sd_event_source*, std::uint64_t, void* userdata) {
    auto& self = *static_cast<Connection*>(userdata);
    // An update counts as a call, or streams would be a way around the limit. What has not been read by now
    // is out of date: the client gets the next one.
    if (self.output_.empty() && self.stream_ && self.server_.calls_of(self.uid_).take(self.now_us())) {
        const Request request = *self.stream_;
        self.answer(request);
    } else if (!self.arm(self.repeat_source_, self.now_us() + (100 * us_per_ms), on_repeat)) {
        self.failed_ = true;
    }
    self.settle();
    return 0;
}

void Connection::receive() {
    std::array<char, 16384> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    const std::size_t room = std::min(buffer.size(), input_.room());
    if (room == 0)
        return;
    const ssize_t got = recv(fd_.get(), buffer.data(), room, MSG_DONTWAIT);
    if (got > 0)
        input_.append(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    else if (got == 0)
        end_of_input_ = true;
    else if (errno != EAGAIN && errno != EINTR)
        failed_ = true;
}

void Connection::process() {
    for (unsigned calls_done = 0; !failed_ && !stream_ && !throttled_ && output_.size() < output_high_water;
         calls_done++) {
        // Workers and other clients have their turn in between.
        if (calls_done == calls_in_a_row) {
            throttled_ = arm(resume_source_, now_us(), on_resume);
            failed_ = !throttled_;
            return;
        }
        TokenBucket& calls = server_.calls_of(uid_);
        if (const std::uint64_t wait_us = calls.wait_us(now_us()); wait_us > 0) {
            throttled_ = arm(resume_source_, now_us() + wait_us, on_resume);
            failed_ = !throttled_;
            return;
        }
        const auto text = input_.next();
        if (!text) {
            // A message that can never be read whole ends the connection, as does the end of the input.
            if (input_.overlong() || (end_of_input_ && output_.empty()))
                failed_ = true;
            return;
        }
        (void)calls.take(now_us());
        last_call_us_ = now_us();
        const auto request = parse_request(*text);
        if (request)
            answer(*request);
        else if (request.error().member.empty())
            failed_ = true;
        else
            send(make_error("org.varlink.service.InvalidParameter", {{"parameter", request.error().member}}));
    }
}

void Connection::answer(const Request& request) {
    Answer answer = server_.methods_.call(request, access_);
    if (request.oneway)
        return;
    if (!answer.error.empty()) {
        stream_.reset();
        send(make_error(answer.error, answer.parameters));
        return;
    }
    send(make_reply(std::move(answer.parameters), answer.repeat_ms.has_value()));
    if (!answer.repeat_ms)
        return;
    stream_ = request;
    if (!arm(repeat_source_, now_us() + (*answer.repeat_ms * us_per_ms), on_repeat))
        failed_ = true;
}

void Connection::send(std::string&& message) {
    if (output_.size() + message.size() > server_.limits_.output_bytes) {
        failed_ = true;
        return;
    }
    if (output_.empty())
        last_written_us_ = now_us();
    output_ += message;
    flush();
}

void Connection::flush() {
    if (output_.empty())
        return;
    const ssize_t sent = ::send(fd_.get(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
        output_.erase(0, static_cast<std::size_t>(sent));
        last_written_us_ = now_us();
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        failed_ = true;
    }
}

void Connection::settle() {
    // Whoever has said all and read all is done.
    if (end_of_input_ && !stream_ && !throttled_ && output_.empty())
        failed_ = true;
    if (!failed_) {
        std::uint32_t events = 0;
        if (!end_of_input_ && input_.room() > 0 && !throttled_ && output_.size() < output_high_water)
            events |= EPOLLIN;
        if (!output_.empty())
            events |= EPOLLOUT;
        failed_ = sd_event_source_set_io_events(socket_source_.get(), events) < 0;
    }
    if (failed_)
        server_.remove(*this);
}

bool Connection::arm(EventSource& source, std::uint64_t when_us, sd_event_time_handler_t on_time) {
    if (source)
        return sd_event_source_set_time(source.get(), when_us) >= 0 &&
               sd_event_source_set_enabled(source.get(), SD_EVENT_ONESHOT) >= 0;
    sd_event_source* made = nullptr;
    if (sd_event_add_time(server_.event_, &made, CLOCK_MONOTONIC, when_us, timer_accuracy_us, on_time, this) <
        0)
        return false;
    source.reset(made);
    sd_event_source_set_priority(made, SD_EVENT_PRIORITY_IDLE);
    return true;
}

std::uint64_t Connection::now_us() const {
    std::uint64_t now = 0;
    sd_event_now(server_.event_, CLOCK_MONOTONIC, &now);
    return now;
}

} // namespace daedalus::control
