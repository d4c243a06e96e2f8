// SPDX-License-Identifier: BSD-2-Clause
// The life of a worker of a stateless session: requests in, pictures out, in decode order.
#pragma once

#include "bridge/session_channel.h"
#include "decoder/decoder.h"
#include "replay/journal.h"
#include "statistics/recorder.h"
#include "util/error.h"
#include "util/recycled_memory.h"
#include "worker/buffer_cache.h"
#include "worker/complaints.h"
#include "worker/patience.h"
#include "worker/pixel_writer.h"
#include "worker/session_reader.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace daedalus::worker {

/// What a session may use.
struct WorkerLimits {
    std::uint32_t max_bitstream_bytes = 64U << 20; ///< of one request
};

/// Serves one session. Single threaded but for the decoder's threads.
class SessionWorker {
  public:
    using DecoderFactory =
        std::function<util::Result<std::unique_ptr<decoder::Decoder>>(const bridge::FormatMessage&)>;

    /// All three outlive the worker.
    SessionWorker(bridge::SessionChannel& channel, statistics::Recorder& recorder, const WorkerLimits& limits)
        : channel_(channel), recorder_(recorder), limits_(limits), reader_(channel), buffers_(channel) {}

    /// Before start(): what earlier workers of this session have left, and this one leaves. It outlives this.
    void set_journal(replay::Journal* journal) { journal_ = journal; }

    /// Before run(): a GPU that writes pictures, or null; it outlives this.
    void set_gpu(gpu::Converter* gpu) {
        writer_.use(gpu);
        if (gpu)
            buffers_.keep_descriptors();
    }

    /// Reads the first message, FORMAT, and nothing behind it, and opens the decoder with it. Whatever is to
    /// be loaded or started is then, and no byte of video has been looked at. Nothing: the client has gone
    /// already.
    util::Result<std::optional<End>> start(const DecoderFactory& make_decoder);

    /// The same when the first message has been read already.
    util::Result<void> begin(const bridge::FormatMessage& format, const DecoderFactory& make_decoder);

    /// Serves the session to its end. Errors: the kernel broke the protocol, or memory ran out.
    util::Result<End> run();

  private:
    using Clock = std::chrono::steady_clock;

    /// A job that was read and not answered.
    struct Open {
        std::uint64_t cookie;
        Clock::time_point begun;
    };

    /// Reads what there is; false when there was nothing.
    util::Result<bool> read_messages();
    util::Result<void> handle(const bridge::Message& message, const std::shared_ptr<MessageBuffer>& memory);
    util::Result<void> decode(const bridge::DecodeMessage& message,
                              const std::shared_ptr<MessageBuffer>& memory);
    util::Result<void> flush(const bridge::FlushMessage& message);
    /// Decodes what earlier workers had decoded before this job, for its references.
    util::Result<void> replay_before(std::uint64_t cookie);
    util::Result<void> deliver_finished();
    util::Result<void> answer(decoder::FinishedJob& job);
    /// Where the decoder may put the picture itself.
    std::optional<decoder::ClientMemory> client_memory(const bridge::DecodeMessage& message);
    /// Writes the picture, or what stands in for it; returns whether the buffer holds pixels, and lowers
    /// `status`. Errors: see PixelWriter::write().
    util::Result<bool> write_pixels(decoder::FinishedJob& job);

    bridge::SessionChannel& channel_;
    statistics::Recorder& recorder_;
    const WorkerLimits limits_;
    SessionReader reader_;
    BufferCache buffers_;
    Complaints complaints_;
    Patience patience_;
    PixelWriter writer_;
    std::unique_ptr<decoder::Decoder> decoder_;
    daedalus_codec codec_ = DAEDALUS_CODEC_H264;
    bool more_queued_ = false; ///< the kernel said that jobs wait behind the last one
    std::pmr::deque<Open> open_{util::recycled_memory()};
    std::optional<decoder::Picture> last_good_;
    std::optional<End> end_;
    replay::Journal* journal_ = nullptr;
};

} // namespace daedalus::worker
