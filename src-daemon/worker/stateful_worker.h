// SPDX-License-Identifier: BSD-2-Clause
// The life of a worker of a stateful session: a stream in, pictures out, in display order.
#pragma once

#include "bitstream/stream_units.h"
#include "bridge/session_channel.h"
#include "decoder/stream_decoder.h"
#include "replay/stream_journal.h"
#include "statistics/recorder.h"
#include "util/error.h"
#include "worker/buffer_cache.h"
#include "worker/complaints.h"
#include "worker/patience.h"
#include "worker/pixel_writer.h"
#include "worker/session_reader.h"
#include "worker/session_worker.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace daedalus::worker {

/// Serves one session. Single threaded but for the decoder's threads. Pictures go out first: an input is only
/// taken when no picture waits for a buffer, so that a client which shows none any more is not decoded ahead
/// of.
class StatefulWorker {
  public:
    using DecoderFactory =
        std::function<util::Result<std::unique_ptr<decoder::StreamDecoder>>(const bridge::FormatMessage&)>;

    /// Both outlive the worker.
    StatefulWorker(bridge::SessionChannel& channel, statistics::Recorder& recorder,
                   const WorkerLimits& limits)
        : channel_(channel), recorder_(recorder), limits_(limits), reader_(channel), buffers_(channel) {}

    /// Before begin(): what earlier workers of this session have left, and this one leaves. It outlives this.
    void set_journal(replay::StreamJournal* journal) { journal_ = journal; }
    /// Before run(): a GPU that writes pictures, or null; it outlives this.
    void set_gpu(gpu::Converter* gpu) {
        writer_.use(gpu);
        if (gpu)
            buffers_.keep_descriptors();
    }

    /// Opens the decoder. `format` is the first message, which has been read.
    util::Result<void> begin(const bridge::FormatMessage& format, const DecoderFactory& make_decoder);

    /// Serves the session to its end. Errors: the kernel broke the protocol, or memory ran out.
    util::Result<End> run();

  private:
    struct Input {
        bridge::InputMessage message;
        std::shared_ptr<MessageBuffer> memory;
    };
    using Work = std::variant<Input, bridge::DrainMessage>;

    /// Decodes what earlier workers have decoded, and shows what of it they have not shown. False: that takes
    /// longer than `limit`.
    bool replay(std::chrono::milliseconds limit);
    /// An input is about to be decoded, and no picture was since the end of a drain.
    void go_on(const bridge::InputMessage& message);
    void replay_input(const replay::StreamJournal::Input& input);
    util::Result<bool> read_messages();
    util::Result<void> handle(const bridge::Message& message, const std::shared_ptr<MessageBuffer>& memory);
    util::Result<void> flush(const bridge::FlushMessage& message);
    /// Does the next thing there is to do; false when that is to wait.
    util::Result<bool> step();
    util::Result<void> decode(const Input& input);
    util::Result<void> end_drain(const bridge::DrainMessage& drain);
    void follow(const bridge::InputMessage& message);
    util::Result<bool> send(const Input& input);
    /// Takes pictures out of the decoder.
    void collect();
    void push_all_out();
    // Calls of the decoder, which the supervisor times.
    util::Result<bool> send_to_decoder(const bridge::InputMessage& message, const bitstream::Piece& piece,
                                       const std::shared_ptr<const void>& memory);
    std::optional<decoder::StreamPicture> receive();
    void push_out();
    void reset_decoder();
    /// Hands the next picture on; false when that takes a buffer of the client's.
    util::Result<bool> deliver();
    util::Result<bool> tell_stream(const daedalus_stream& stream);
    /// Nothing: the buffer has been taken back. Errors: see PixelWriter::write().
    util::Result<std::optional<daedalus_status>> write_pixels(const bridge::CaptureMessage& offer);

    bridge::SessionChannel& channel_;
    statistics::Recorder& recorder_;
    const WorkerLimits limits_;
    SessionReader reader_;
    BufferCache buffers_;
    Complaints complaints_;
    Patience patience_;
    PixelWriter writer_;
    std::unique_ptr<decoder::StreamDecoder> decoder_;
    daedalus_codec codec_ = DAEDALUS_CODEC_H264;
    std::deque<Work> work_;                      ///< read and not done, oldest first
    std::deque<bridge::CaptureMessage> offers_;  ///< buffers for pictures, oldest first
    std::deque<decoder::StreamPicture> waiting_; ///< for buffers, in the order in which they are shown
    bool noted_ = false;                         ///< the journal has the first of them as shown
    std::optional<daedalus_stream> told_;        ///< what the kernel knows of the stream
    std::deque<std::uint64_t> decoded_;          ///< cookies whose pictures have not come
    bool draining_ = false;
    bool drained_ = false; ///< and no picture was decoded since
    bool stale_ = false;   ///< the client has sought: only the FLUSH that says so is of interest
    std::optional<End> end_;
    replay::StreamJournal* journal_ = nullptr;
};

} // namespace daedalus::worker
