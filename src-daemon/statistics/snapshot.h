// SPDX-License-Identifier: BSD-2-Clause
// The supervisor's side of the statistics page: numbers that are safe to use, whatever the worker wrote.
#pragma once

#include "statistics/histogram.h"
#include "statistics/recorder.h"
#include "statistics/worker_page.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::statistics {

/// A job that a worker holds.
struct Job {
    std::uint64_t cookie = 0;
    JobState state = JobState::queued;
    std::uint64_t in_state_us = 0; ///< how long it has been in this state
    std::uint64_t age_us = 0;      ///< since the client queued it
    std::uint64_t bitstream_bytes = 0;
    std::uint64_t dst_buffer = 0; ///< id of the CAPTURE buffer
};

/// Counters that only ever grow, and add up over workers.
struct Counters {
    std::uint64_t frames = 0;  ///< pictures delivered, concealed ones included
    std::uint64_t dropped = 0; ///< jobs that ended without an answer of the worker
    /// Answers by enum daedalus_status; [DAEDALUS_STATUS_OK] counts the good ones.
    std::array<std::uint64_t, DAEDALUS_STATUS_COUNT> statuses{};
    std::uint64_t bitstream_bytes = 0;
    std::uint64_t untracked_jobs = 0;
    Histogram decode_time; ///< from the start of decoding to the finished picture
    Histogram latency;     ///< from the client's queueing to the worker's answer

    [[nodiscard]] std::uint64_t concealed() const { return statuses[DAEDALUS_STATUS_CONCEALED]; }
    /// Answers that were neither OK nor CONCEALED.
    [[nodiscard]] std::uint64_t errors() const;

    /// Adds `other`; no counter overflows.
    void merge(const Counters& other);
    /// Takes away `earlier`, an older state of the same counters.
    void subtract(const Counters& earlier);
};

/// What a worker's page said at one moment. Every value is in range; whether it is true is the worker's word.
struct Snapshot {
    Counters counters;
    std::optional<enum daedalus_codec> codec;
    std::string profile; ///< printable ASCII, at most 31 characters; empty: not known
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t pixelformat = 0; ///< V4L2_PIX_FMT_*; 0: not known
    std::uint32_t queue_depth = 0;
    std::uint32_t threads = 0;
    PixelPath pixel_path = PixelPath::unknown;
    std::optional<std::uint64_t> since_progress_us; ///< unset: no progress yet
    std::optional<std::uint64_t> in_decoder_us;     ///< how long ago it was called; unset: it has returned
    double frames_per_second = 0;                   ///< over the last second or the last 64 frames
    std::vector<std::uint32_t> recent_decode_us;    ///< of the last frames, oldest first, 64 at most
    std::vector<Job> jobs;                          ///< oldest first, 64 at most
};

/// Reads a page. `now_ns` is monotonic_ns(). Takes a few microseconds and never fails: the supervisor may
/// call it while the worker writes, is stopped, or has turned hostile.
[[nodiscard]] Snapshot snapshot(const WorkerPage& page, std::uint64_t now_ns);

} // namespace daedalus::statistics
