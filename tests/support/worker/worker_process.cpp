// SPDX-License-Identifier: BSD-2-Clause
#include "support/worker/worker_process.h"

#include "bridge/socket_channel.h"
#include "replay/journal.h"
#include "sandbox/descriptors.h"
#include "sandbox/sandbox.h"
#include "worker/libraries.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace daedalus::test {
namespace {

// Exit statuses: how the worker ended, or an errno value.
constexpr int first_error = 100;

int failed(const util::Error& error) {
    std::fprintf(stderr, "worker: %s\n", error.message.c_str());
    return first_error + std::clamp(error.code.value(), 0, 150);
}

/// The steps of daedalus-worker's main.cpp.
int serve(util::UniqueFd socket, const WorkerProcess::Options& options,
          sandbox::RefusedCallCell* refused) try {
    std::optional<replay::JournalMemory> journal;
    if (options.journal >= 0) {
        auto memory = replay::JournalMemory::map(util::UniqueFd(dup(options.journal)));
        if (!memory)
            return failed(memory.error());
        journal.emplace(std::move(*memory));
    }
    std::optional<statistics::WorkerPage> page;
    if (options.page >= 0) {
        auto mapped = statistics::WorkerPage::map(util::UniqueFd(dup(options.page)),
                                                  statistics::WorkerPage::Access::write);
        if (!mapped)
            return failed(mapped.error());
        page.emplace(std::move(*mapped));
    }
    // Else the worker would hold the kernel's end, too.
    if (auto closed = sandbox::close_all_but({socket.get()}); !closed)
        return failed(closed.error());
    worker::load_libraries();
    worker::Gpu gpu;
    if (options.gpu) {
        auto opened = worker::Gpu::open(*options.gpu);
        if (!opened)
            return failed(opened.error());
        gpu = std::move(*opened);
    }
    decoder::DecoderOptions decoder_options = options.decoder;
    if (auto confined = sandbox::give_up_access({.memory_bytes = options.memory_bytes}); !confined)
        return failed(confined.error());
    bridge::SocketChannel channel(std::move(socket));
    statistics::Recorder recorder = page ? statistics::Recorder(*page) : statistics::Recorder();
    worker::Session session(channel, recorder, options.limits);
    if (journal)
        session.set_journal(std::move(*journal));
    const auto started =
        session.start({.stateless =
                           [&](const bridge::FormatMessage& format) {
                               decoder_options.blocks = gpu.prepare(format);
                               return decoder::make_decoder(format.codec, decoder_options);
                           },
                       .stateful =
                           [&](const bridge::FormatMessage& format) {
                               (void)gpu.prepare(format);
                               return decoder::StreamDecoder::open(format.codec, decoder_options);
                           }});
    if (!started)
        return failed(started.error());
    if (*started)
        return static_cast<int>(**started);
    session.set_gpu(gpu.converter());
    std::vector<int> keep = gpu.descriptors();
    keep.push_back(channel.poll_fd());
    if (auto closed = sandbox::close_door({.keep = keep,
                                           .gpu = gpu.converter() != nullptr,
                                           .report = refused,
                                           .more_calls = {"recvfrom", "recvmsg", "sendmsg", "socketpair"}});
        !closed)
        return failed(closed.error());
    const auto end = session.run();
    return end ? static_cast<int>(*end) : failed(end.error());
} catch (const std::bad_alloc&) {
    return first_error + ENOMEM;
}

/// noexcept: nothing may get out into the test program, of which this is a copy.
[[noreturn]] void run(util::UniqueFd socket, const WorkerProcess::Options& options,
                      sandbox::RefusedCallCell* refused) noexcept {
    _exit(serve(std::move(socket), options, refused));
}

} // namespace

WorkerProcess::WorkerProcess(util::UniqueFd socket, const Options& options) {
    void* shared =
        mmap(nullptr, sizeof(*refused_), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        throw std::bad_alloc();
    refused_ = new (shared) sandbox::RefusedCallCell(0);
    pid_ = fork();
    if (pid_ < 0)
        throw std::runtime_error("cannot fork");
    if (pid_ == 0)
        run(std::move(socket), options, refused_);
}

WorkerProcess::~WorkerProcess() {
    if (pid_ != 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    munmap(refused_, sizeof(*refused_));
}

util::Result<worker::End> WorkerProcess::finish() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    if (WIFSIGNALED(status)) {
        const auto call = sandbox::refused_call(*refused_);
        return util::fail(ECANCELED, "the worker was killed by signal " + std::to_string(WTERMSIG(status)) +
                                         (call ? ", having called " + sandbox::call_name(*call) : ""));
    }
    const int value = WEXITSTATUS(status);
    if (value >= first_error)
        return util::fail(value - first_error, "the worker failed");
    return static_cast<worker::End>(value);
}

} // namespace daedalus::test
