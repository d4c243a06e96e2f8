// SPDX-License-Identifier: BSD-2-Clause
#include "bench/library_contestant.h"

#include "bench/check.h"
#include "bench/library_decode.h"
#include "bench/process_memory.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace daedalus::bench {
namespace {

/// What the process says after it has decoded; the times of packets follow, in seconds.
struct Report {
    double seconds;
    double processor_seconds;
};

double processor_seconds() {
    struct timespec used {};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + (static_cast<double>(used.tv_nsec) / 1e9);
}

void send_all(int socket, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            throw std::runtime_error("the other end of a socket has gone");
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
}

/// False: the other end has gone.
bool receive_all(int socket, std::span<std::byte> bytes) {
    return recv(socket, bytes.data(), bytes.size(), MSG_WAITALL) == static_cast<ssize_t>(bytes.size());
}

void decode_as_told(const Clip& clip, unsigned threads, int socket) {
    using Seconds = std::chrono::duration<double>;
    const auto library = open_library(clip, threads);
    unsigned rounds = 0;
    while (receive_all(socket, std::as_writable_bytes(std::span(&rounds, 1)))) {
        std::vector<LibraryDecode::Clock::duration> times;
        const double processor_before = processor_seconds();
        const auto begin = LibraryDecode::Clock::now();
        for (unsigned i = 0; i < rounds; i++) {
            times.clear();
            library->decode(times);
        }
        const Report report{.seconds = Seconds(LibraryDecode::Clock::now() - begin).count(),
                            .processor_seconds = processor_seconds() - processor_before};
        std::vector<double> seconds;
        seconds.reserve(times.size());
        for (const auto time : times)
            seconds.push_back(Seconds(time).count());
        send_all(socket, std::as_bytes(std::span(&report, 1)));
        send_all(socket, std::as_bytes(std::span(seconds)));
    }
}

} // namespace

LibraryContestant::~LibraryContestant() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

void LibraryContestant::serve(const Clip& clip, int socket) const noexcept {
    try {
        decode_as_told(clip, threads_, socket);
        _exit(EXIT_SUCCESS);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "library: %s\n", error.what());
        _exit(EXIT_FAILURE);
    }
}

void LibraryContestant::open(const Clip& clip) {
    packets_ = clip.packets.size();
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        throw std::runtime_error("cannot make a socket");
    socket_.reset(ends[0]);
    const util::UniqueFd theirs(ends[1]);
    pid_ = fork();
    if (pid_ < 0)
        throw std::runtime_error("cannot fork");
    if (pid_ > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(clip, theirs.get());
}

Run LibraryContestant::run(unsigned rounds) {
    send_all(socket_.get(), std::as_bytes(std::span(&rounds, 1)));
    Report report{};
    std::vector<double> seconds(packets_);
    if (!receive_all(socket_.get(), std::as_writable_bytes(std::span(&report, 1))) ||
        !receive_all(socket_.get(), std::as_writable_bytes(std::span(seconds))))
        throw std::runtime_error("the process of the decoder library has ended");
    Run run{.seconds = report.seconds,
            .processor_seconds = report.processor_seconds,
            .picture_seconds = {},
            .peak_kib = peak_memory_kib(pid_)};
    if (threads_ == 1) // else packets are waiting for each other's threads
        run.picture_seconds = std::move(seconds);
    return run;
}

} // namespace daedalus::bench
