// SPDX-License-Identifier: BSD-2-Clause
// A clip decoded over and over, as fast as it goes, by a worker process of its own.
#pragma once

#include "bridge/stand_in_kernel.h"
#include "statistics/worker_page.h"
#include "support/h264/stream.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace daedalus::bench {

struct DecodeLoadOptions {
    std::string clip;     ///< H.264, Annex B, frames only
    unsigned threads = 0; ///< of the decoder; 0: as the daemon chooses
    unsigned depth = 8;   ///< requests in flight
};

/// The client and the kernel's end of the session are in this process, the worker in a child that does what
/// daedalus-worker does. Throws std::runtime_error when something is not as it should be: a benchmark of
/// something broken means nothing.
class DecodeLoad {
  public:
    using Clock = std::chrono::steady_clock;

    explicit DecodeLoad(const DecodeLoadOptions& options);
    DecodeLoad(const DecodeLoad&) = delete;
    DecodeLoad& operator=(const DecodeLoad&) = delete;
    ~DecodeLoad();

    /// Decodes until then; returns how many pictures came back, all of them good.
    std::uint64_t run_until(Clock::time_point end);

    [[nodiscard]] pid_t worker() const { return worker_; }
    /// The worker's statistics, to be read.
    [[nodiscard]] const statistics::WorkerPage& page() const { return page_; }

  private:
    void start_worker(util::UniqueFd socket, unsigned threads);
    void send();
    void take_answer();

    test::h264::Stream stream_;
    unsigned depth_;
    statistics::WorkerPage page_;
    pid_t worker_ = 0;
    bridge::StandInKernel kernel_;
    std::vector<std::uint64_t> buffers_;
    std::size_t next_picture_ = 0;
    std::uint32_t round_ = 0; ///< how often the clip has been sent
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
};

} // namespace daedalus::bench
