// SPDX-License-Identifier: BSD-2-Clause
// A session of either kind, whose first message tells which.
#pragma once

#include "worker/session_worker.h"
#include "worker/stateful_worker.h"

#include <memory>
#include <optional>

namespace daedalus::worker {

/// How decoders are made.
struct DecoderFactories {
    SessionWorker::DecoderFactory stateless;
    StatefulWorker::DecoderFactory stateful;
};

/// Serves one session.
class Session {
  public:
    /// Both outlive the session.
    Session(bridge::SessionChannel& channel, statistics::Recorder& recorder, const WorkerLimits& limits)
        : channel_(channel), recorder_(recorder), limits_(limits) {}

    /// Before start(): what earlier workers of this session have left, and this one leaves.
    void set_journal(replay::JournalMemory memory) { journal_memory_.emplace(std::move(memory)); }

    /// Between start() and run(): a GPU that writes pictures, or null; it outlives this.
    void set_gpu(gpu::Converter* gpu);

    /// Reads the first message, FORMAT, and nothing behind it, and opens the decoder with it. Whatever is to
    /// be loaded or started is then, and no byte of video has been looked at. Nothing: on with run().
    util::Result<std::optional<End>> start(const DecoderFactories& factories);

    /// Serves the session to its end. Errors: the kernel broke the protocol, or memory ran out.
    util::Result<End> run();

  private:
    bridge::SessionChannel& channel_;
    statistics::Recorder& recorder_;
    const WorkerLimits limits_;
    std::optional<replay::JournalMemory> journal_memory_;
    std::optional<replay::Journal> journal_; ///< of these at most one
    std::optional<replay::StreamJournal> stream_journal_;
    std::unique_ptr<SessionWorker> stateless_;
    std::unique_ptr<StatefulWorker> stateful_;
};

} // namespace daedalus::worker
