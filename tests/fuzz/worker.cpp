// SPDX-License-Identifier: BSD-2-Clause
// The whole worker, but for its process and its sandbox, fed with any sequence of messages. libavcodec is the
// system's and not instrumented: what is looked for is trouble of our own making.
// Input: see worker/script.h.
#include "decoder/decoder.h"
#include "decoder/stream_decoder.h"
#include "fuzz/worker/scripted_kernel.h"
#include "replay/journal.h"
#include "statistics/snapshot.h"
#include "util/log.h"
#include "worker/session.h"

#include <unistd.h>

#include <optional>

namespace {

using namespace daedalus;
using fuzz::require;

constexpr worker::WorkerLimits limits = {.max_bitstream_bytes = 16384};
constexpr std::size_t journal_bytes = 65536;

decoder::DecoderOptions decoder_options(const fuzz::Settings& settings) {
    return {.threads = settings.threads,
            .max_width = 512,
            .max_height = 512,
            .memory_limit = std::size_t{32} << 20};
}

/// What may end a worker that the kernel and the system keep their promises to is memory alone.
void check_end(const fuzz::ScriptedKernel& kernel, const util::Error& error) {
    require(!error.message.empty());
    require(kernel.has_lied() || error.code == std::errc::not_enough_memory);
}

void serve(fuzz::ScriptedKernel& kernel, const fuzz::Settings& settings, statistics::WorkerPage& page,
           const util::UniqueFd& journal_memory) {
    statistics::Recorder recorder(page);
    worker::Session session(kernel, recorder, limits);
    if (journal_memory) {
        auto mapped = replay::JournalMemory::map(journal_memory);
        require(mapped.has_value());
        session.set_journal(std::move(*mapped));
    }
    bool could_decode = true;
    const auto note = [&could_decode](auto made) {
        could_decode = made.has_value();
        return made;
    };
    const auto options = decoder_options(settings);
    const auto started =
        session.start({.stateless =
                           [&](const bridge::FormatMessage& format) {
                               return note(decoder::make_decoder(format.codec, options));
                           },
                       .stateful =
                           [&](const bridge::FormatMessage& format) {
                               return note(decoder::StreamDecoder::open(format.codec, options));
                           }});
    if (!started) {
        require(!could_decode); // not every build and system decodes everything
        return;
    }
    if (*started)
        return;
    const auto end = session.run();
    if (!end)
        check_end(kernel, end.error());
}

util::UniqueFd make_journal(const fuzz::Settings& settings) {
    if (!settings.journal)
        return {};
    auto memory = replay::JournalMemory::create(journal_bytes);
    require(memory.has_value());
    return std::move(*memory);
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr unsigned most_workers = 8;
    util::set_log_sink([](util::LogLevel, const util::LogContext&, std::string_view) {});
    const std::span<const std::uint8_t> input(data, size);
    const fuzz::Settings settings(input);
    const util::UniqueFd journal = make_journal(settings);
    const auto watched = statistics::WorkerPage::create();
    require(watched.has_value());
    auto page = statistics::WorkerPage::map(util::UniqueFd(dup(watched->fd())),
                                            statistics::WorkerPage::Access::write);
    require(page.has_value());
    fuzz::ScriptedKernel kernel(settings, fuzz::steps_of(input), journal.get());
    for (unsigned workers = 0; workers < most_workers && kernel.begin_worker(); workers++) {
        serve(kernel, settings, *page, journal);
        (void)statistics::snapshot(*watched, statistics::monotonic_ns());
    }
    kernel.check_buffers();
    return 0;
}
