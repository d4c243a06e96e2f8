// SPDX-License-Identifier: BSD-2-Clause
// daedalus-worker: decodes one session. Started by daedalusd, never by a person, except as
// `daedalus-worker --probe`, which prints what it could decode.
#include "bridge/codec_names.h"
#include "bridge/session_fd.h"
#include "config/worker_options.h"
#include "decoder/decoder.h"
#include "replay/journal.h"
#include "sandbox/sandbox.h"
#include "statistics/recorder.h"
#include "statistics/worker_page.h"
#include "util/fd_passing.h"
#include "util/log.h"
#include "worker/exit_status.h"
#include "worker/gpu.h"
#include "worker/libraries.h"
#include "worker/session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace daedalus;

/// "codec KEYWORD" for each codec and "library NAME [VERSION]" for each library, as daedalusd reads them.
int probe() {
    std::string problems;
    const std::uint64_t codecs = decoder::available_codecs(&problems);
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        if ((codecs >> codec & 1) != 0)
            std::printf("codec %s\n", bridge::codec_keyword(static_cast<daedalus_codec>(codec)).data());
    for (const decoder::LibraryVersion& library : decoder::library_versions())
        std::printf("library %s %s\n", library.name.c_str(), library.version.c_str());
    if (!problems.empty())
        std::fprintf(stderr, "%s", problems.c_str());
    return std::fflush(stdout) == 0 ? worker::exit_done : worker::exit_failed;
}

int failed(const util::Error& error) {
    util::log(util::LogLevel::error, "%s", error.message.c_str());
    return worker::exit_failed;
}

/// The second thing that comes over the socket: the session's journal, or word that it has none.
std::optional<replay::JournalMemory> receive_journal(const util::UniqueFd& socket) {
    std::byte word{};
    const auto fd = util::receive_with_fd(socket.get(), std::span(&word, 1));
    if (!fd || !*fd)
        return std::nullopt;
    auto memory = replay::JournalMemory::map(*fd);
    if (!memory) {
        util::log(util::LogLevel::warning, "no journal of this session: %s", memory.error().message.c_str());
        return std::nullopt;
    }
    return std::move(*memory);
}

/// Has the kernel kill this process, even if it sleeps or is stopped, when every copy of the socket's other
/// end is closed: then there is no supervisor, and no one keeps the place of the next. Costs nothing until
/// then.
util::Result<void> bind_life_to(int socket) {
    if (fcntl(socket, F_SETOWN, getpid()) < 0 || fcntl(socket, F_SETSIG, SIGKILL) < 0 ||
        fcntl(socket, F_SETFL, O_ASYNC) < 0)
        return util::fail_errno("can't wait for the supervisor's end");
    // What has happened before raises no signal.
    pollfd poll_fd = {socket, 0, 0};
    if (poll(&poll_fd, 1, 0) > 0)
        return util::fail(EPIPE, "the supervisor has ended");
    return {};
}

int serve(const config::WorkerOptions& options) {
    // Executed from a descriptor, we are named after its number.
    prctl(PR_SET_NAME, "daedalus-worker");
    close(config::worker_program_fd);
    worker::load_libraries();
    worker::Gpu gpu;
    if (options.gpu_mode != config::GpuMode::off) {
        auto opened = worker::Gpu::open({.device = {.wanted = options.gpu_device},
                                         .only_if_it_pays = options.gpu_mode == config::GpuMode::automatic,
                                         .may_copy = options.gpu_mode == config::GpuMode::on});
        if (!opened)
            return failed(opened.error());
        gpu = std::move(*opened);
    }
    if (auto confined = sandbox::give_up_access({.memory_bytes = options.memory_bytes}); !confined)
        return failed(confined.error());
    const util::UniqueFd socket(config::worker_socket_fd);
    std::byte greeting{};
    auto session_fd = util::receive_with_fd(socket.get(), std::span(&greeting, 1));
    if (!session_fd && session_fd.error().code == std::errc::connection_reset)
        return worker::exit_done; // the supervisor has ended and had no session for us
    if (!session_fd)
        return failed(session_fd.error());
    if (!*session_fd)
        return failed({{}, "the supervisor sent no session"});
    std::optional<replay::JournalMemory> journal = receive_journal(socket);
    if (auto bound = bind_life_to(socket.get()); !bound)
        return failed(bound.error());
    auto channel = bridge::SessionFd::adopt(std::move(*session_fd));
    if (!channel)
        return failed(channel.error());
    auto page = statistics::WorkerPage::map(util::UniqueFd(config::worker_statistics_fd),
                                            statistics::WorkerPage::Access::write);
    if (!page)
        util::log(util::LogLevel::warning, "no statistics of this session: %s", page.error().message.c_str());
    statistics::Recorder recorder = page ? statistics::Recorder(*page) : statistics::Recorder();

    worker::Session session(**channel, recorder, {.max_bitstream_bytes = options.max_bitstream_bytes});
    if (journal)
        session.set_journal(std::move(*journal));
    decoder::DecoderOptions decoder_options = {
        .threads = options.threads,
        .max_width = options.max_width,
        .max_height = options.max_height,
        .memory_limit = options.memory_bytes != 0 ? options.memory_bytes : SIZE_MAX};
    const auto tell = [&recorder](auto made, daedalus_codec codec) {
        if (made) {
            recorder.set_threads((*made)->threads());
            util::log(util::LogLevel::debug, "decodes %s with %s", bridge::codec_title(codec).data(),
                      (*made)->description().c_str());
        }
        return made;
    };
    const auto started = session.start(
        {.stateless =
             [&](const bridge::FormatMessage& format) {
                 decoder_options.blocks = gpu.prepare(format);
                 return tell(decoder::make_decoder(format.codec, decoder_options), format.codec);
             },
         .stateful =
             [&](const bridge::FormatMessage& format) {
                 (void)gpu.prepare(format);
                 return tell(decoder::StreamDecoder::open(format.codec, decoder_options), format.codec);
             }});
    if (!started)
        return failed(started.error());
    if (*started) {
        recorder.ended(worker::exit_done);
        return worker::exit_done;
    }

    session.set_gpu(gpu.converter());

    // Libraries are loaded and threads run. What comes now is video, which nobody has looked at before.
    sandbox::Door door{.keep = {(*channel)->poll_fd(), socket.get()}, .gpu = gpu.converter() != nullptr};
    door.keep.insert(door.keep.end(), gpu.descriptors().begin(), gpu.descriptors().end());
    if (page) {
        door.keep.push_back(page->fd());
        door.report = &page->writable()->refused_call;
    }
    if (auto closed = sandbox::close_door(door); !closed)
        return failed(closed.error());

    const auto end = session.run();
    const int status = !end                                 ? failed(end.error())
                       : *end == worker::End::codec_changed ? worker::exit_codec_changed
                                                            : worker::exit_done;
    recorder.ended(status);
    return status;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && arguments[0] == "--probe")
        return probe();
    const auto options = config::parse_arguments(arguments);
    if (!options) {
        util::log(util::LogLevel::error, "%s", options.error().message.c_str());
        return worker::exit_usage;
    }
    util::set_log_level(static_cast<util::LogLevel>(options->log_level));
    // Ctrl-C in a terminal is for the supervisor, which lets us go by closing the session.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return serve(*options);
    } catch (const std::bad_alloc&) {
        util::log(util::LogLevel::error, "out of memory");
        return worker::exit_failed;
    }
}
