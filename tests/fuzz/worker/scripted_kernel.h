// SPDX-License-Identifier: BSD-2-Clause
// The kernel's end of a session that goes by a script, in the worker's own process and thread.
#pragma once

#include "bridge/messages.h"
#include "bridge/session_channel.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/worker/capture_buffers.h"
#include "fuzz/worker/script.h"
#include "util/unique_fd.h"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace daedalus::fuzz {

/// What the first bytes of an input say.
struct Settings {
    explicit Settings(std::span<const std::uint8_t> input);

    daedalus_codec codec = DAEDALUS_CODEC_H264;
    daedalus_session_kind kind = DAEDALUS_SESSION_STATELESS;
    unsigned threads = 1;
    bool journal = false;
    std::size_t most_together = 1; ///< messages in one read
    unsigned format = 0;           ///< of the first CAPTURE buffers, see CaptureBuffers
};

/// Sends the messages of a script's steps, takes the answers, and ends the process when the worker breaks a
/// promise of protocol.h's. It keeps the kernel's own promises, but for the steps that say otherwise.
class ScriptedKernel final : public bridge::SessionChannel {
  public:
    /// `journal` is the memory that the step `spoil` writes to; -1: there is none.
    ScriptedKernel(const Settings& settings, std::vector<Step> steps, int journal);

    /// Begins with FORMAT, and goes on with what the last worker left. False: the script is over.
    bool begin_worker();
    /// After the end of a worker: whether the script made the kernel send what none would.
    [[nodiscard]] bool has_lied() const { return lied_; }
    /// After the end of all.
    void check_buffers() const { buffers_.check(); }

    [[nodiscard]] int poll_fd() const override;
    util::Result<bridge::ReadOutcome> read(std::span<std::byte> buffer) override;
    util::Result<bool> complete(std::uint64_t cookie, std::uint32_t flags, daedalus_status status) override;
    util::Result<util::UniqueFd> export_buffer(std::uint64_t buffer, std::uint32_t plane) override;
    util::Result<void> flushed(std::uint32_t epoch) override;
    util::Result<bridge::StreamAnswer> picture(const daedalus_picture& picture) override;
    util::Result<bridge::StreamAnswer> stream(const daedalus_stream& stream) override;
    util::Result<std::size_t> max_message() override;

  private:
    using Bytes = std::vector<std::byte>;

    /// A message on its way to the worker.
    struct Outgoing {
        Bytes bytes;
        std::uint64_t cookie = 0; ///< of the job or the offer; 0: it is neither
        std::uint64_t buffer = 0; ///< that is offered; 0: it is no offer
        std::uint32_t flush = 0;  ///< the flags of a FLUSH; 0: it is none
        bool alone = false;       ///< nothing may follow it in the same read
        bool lie = false;         ///< no kernel would say it
    };

    /// Does the next step; false when there is nothing to be read before something else happens.
    bool advance();
    void run_step(StepKind kind, FuzzInput& input);
    /// The worker has the message now.
    void deliver(Outgoing& message);
    /// Queues again what a worker had not answered, for the next one.
    void take_back();
    void queue_decode(FuzzInput& input);
    void queue_input(FuzzInput& input);
    void queue_capture(FuzzInput& input);
    void queue_drain();
    void queue_flush(std::uint32_t flags, bool first);
    /// The FLUSH that a call of the worker's was answered because of.
    void flush_soon(std::uint32_t flags);
    void queue_retire(std::uint8_t buffer);
    void queue_raw(FuzzInput& input);
    void set_answers(FuzzInput& input);
    void spoil_journal(FuzzInput& input) const;
    [[nodiscard]] Outgoing make_format() const;
    [[nodiscard]] Outgoing make_offer(std::uint64_t cookie, unsigned slot, std::uint32_t flags) const;
    [[nodiscard]] bool pauses_next() const;
    void queue_job(Bytes bytes, std::uint64_t cookie, bool of_this_kind);
    std::uint64_t next_cookie() { return std::uint64_t{epoch_} << 32 | ++jobs_; }
    [[nodiscard]] bool stateful() const { return kind_ == DAEDALUS_SESSION_STATEFUL; }

    const std::size_t most_together_;
    const int journal_;
    daedalus_codec codec_;
    daedalus_session_kind kind_;
    std::deque<Step> steps_;
    CaptureBuffers buffers_;
    util::UniqueFd readable_; ///< always
    util::UniqueFd silent_;   ///< for ever, see no_waiting.cpp

    std::deque<Outgoing> queue_;
    std::map<std::uint64_t, Bytes> unanswered_; ///< jobs that the worker has read
    std::map<std::uint64_t, unsigned> attempts_;
    std::map<std::uint64_t, std::uint64_t> offers_; ///< buffers by the cookies of delivered CAPTUREs
    std::set<std::uint64_t> drains_;
    std::optional<std::uint32_t> unanswered_flush_;
    std::uint32_t epoch_ = 0;
    std::uint32_t jobs_ = 0;
    unsigned patience_ = 0; ///< how often the present pause was made longer
    bool dead_ = false;     ///< the present worker's session has ended
    bool lied_ = false;

    bool complete_is_late_ = false;
    bool export_fails_ = false;
    bridge::StreamAnswer picture_answer_ = bridge::StreamAnswer::taken;
    bridge::StreamAnswer stream_answer_ = bridge::StreamAnswer::taken;
};

} // namespace daedalus::fuzz
