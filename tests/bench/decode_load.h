// SPDX-License-Identifier: BSD-2-Clause
// A clip decoded over and over, as fast as it goes, by a worker process of its own.
#pragma once

#include "bench/clip.h"
#include "bridge/stand_in_kernel.h"
#include "replay/journal_memory.h"
#include "statistics/worker_page.h"
#include "support/worker/worker_process.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::bench {

struct DecodeLoadOptions {
    unsigned threads = 0; ///< of the decoder; 0: as the daemon chooses
    unsigned depth = 8;   ///< requests in flight
    bool planar = false;  ///< YU12 buffers with the room that the module gives them; else NV12
    std::size_t journal_bytes = std::size_t{8} << 20; ///< 0: none; the daemon's default
};

/// The client and the kernel's end of the session are in this process, the worker in another one that does
/// what daedalus-worker does, in its sandbox. The client is a good one: it uses a buffer again when no later
/// request refers to what is in it, and has a few more than that takes.
///
/// Throws std::runtime_error when something is not as it should be: a benchmark of something broken means
/// nothing.
class DecodeLoad {
  public:
    using Clock = std::chrono::steady_clock;

    /// Starts the worker. What this process has in its memory by then is in the worker's, too.
    explicit DecodeLoad(const DecodeLoadOptions& options);
    DecodeLoad(const DecodeLoad&) = delete;
    DecodeLoad& operator=(const DecodeLoad&) = delete;
    ~DecodeLoad();

    /// Opens the session; once. The clip outlives this.
    void open(const Clip& clip);

    /// Decodes until then, and leaves requests in flight; returns how many pictures came back, all of them
    /// good.
    std::uint64_t run_until(Clock::time_point end);

    /// Decodes the clip `rounds` times, until all is answered. `times`, if there are any, get for each
    /// request the time from its sending to its answer.
    void run_rounds(unsigned rounds, std::vector<Clock::duration>* times = nullptr);

    [[nodiscard]] pid_t worker() const { return worker_.pid(); }
    /// The worker's statistics, to be read.
    [[nodiscard]] const statistics::WorkerPage& page() const { return page_; }
    /// Bytes that the worker has ever put into the session's journal.
    [[nodiscard]] std::uint64_t recorded_bytes() const { return journal_ ? journal_->end() : 0; }

  private:
    /// A request that was sent, until its buffer may be used again.
    struct Sent {
        std::uint64_t buffer;
        std::uint64_t last_use; ///< number of the request behind which that is
        Clock::time_point at;
    };

    void send(std::uint32_t queued);
    Clock::duration take_answer();
    std::uint64_t take_buffer();

    DecodeLoadOptions options_;
    statistics::WorkerPage page_;
    util::UniqueFd journal_fd_;
    std::optional<replay::JournalMemory> journal_;
    util::UniqueFd worker_end_; ///< until the worker has it
    bridge::StandInKernel kernel_;
    test::WorkerProcess worker_;
    const Clip* clip_ = nullptr;
    daedalus_picture_layout layout_ = {};
    std::deque<std::uint64_t> free_; ///< buffers, in the order in which they will be used
    std::deque<Sent> answered_jobs_; ///< whose buffers hold what may be referred to
    std::deque<Sent> open_jobs_;     ///< oldest first
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
};

} // namespace daedalus::bench
