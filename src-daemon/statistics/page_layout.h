// SPDX-License-Identifier: BSD-2-Clause
// The shared page between a worker, which writes it, and the supervisor, which reads it. Only worker_page,
// recorder and snapshot look inside.
//
// Everything is a lock-free 64-bit atomic, so that neither side can make the other wait and every read gives
// some number that was written. The supervisor believes none of them: a worker that was taken over by what it
// decodes can write anything at any time, so there are no pointers, offsets or lengths in here that a reader
// would follow.
#pragma once

#include "statistics/histogram.h"

#include "daedalus/protocol.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace daedalus::statistics {

using Cell = std::atomic<std::uint64_t>;
static_assert(Cell::is_always_lock_free && sizeof(Cell) == sizeof(std::uint64_t));

inline constexpr std::uint64_t page_magic = 0x5453'5544'4144'4504; // the last byte is the layout's version
inline constexpr std::size_t job_slots = 64;                       // vb2 queues hold 64 buffers at most
inline constexpr std::size_t recent_frames = 64;
inline constexpr std::size_t profile_cells = 4; // 32 bytes of text

/// One job that the worker holds. The slot is in use while cookie is not 0; cookie is written last when a job
/// comes and first when it goes, and no cookie is used twice, so that a reader that finds the same cookie
/// before and after the other fields has read one job's fields.
struct JobSlot {
    Cell cookie;
    Cell state;       ///< JobState
    Cell since_ns;    ///< CLOCK_MONOTONIC: when it got into this state
    Cell queued_ns;   ///< CLOCK_MONOTONIC: when the client queued it
    Cell decoding_ns; ///< CLOCK_MONOTONIC: when decoding began; 0 before
    Cell bitstream_bytes;
    Cell dst_buffer;
};

struct HistogramCells {
    std::array<Cell, histogram_buckets> buckets;
    Cell sum_us;
    Cell max_us;
};

struct RecentFrame {
    Cell done_ns; ///< CLOCK_MONOTONIC; 0: never written
    Cell decode_us;
};

struct PageLayout {
    Cell magic;
    Cell last_progress_ns; ///< CLOCK_MONOTONIC; 0: none yet
    Cell in_decoder_ns;    ///< CLOCK_MONOTONIC: when it was last called; 0: it has returned
    Cell frames;           ///< answered with pixels and status OK or CONCEALED
    Cell dropped;          ///< given up because of FLUSH, or ended by the kernel before the answer
    std::array<Cell, DAEDALUS_STATUS_COUNT> statuses; ///< answers by enum daedalus_status
    Cell bitstream_bytes;
    Cell queue_depth;
    Cell untracked_jobs; ///< jobs that found no free slot
    Cell threads;
    Cell codec; ///< enum daedalus_codec + 1; 0: not known yet
    Cell width; ///< luma samples
    Cell height;
    Cell pixelformat;                        ///< V4L2_PIX_FMT_* of the CAPTURE buffers
    Cell pixel_path;                         ///< PixelPath
    std::array<Cell, profile_cells> profile; ///< text, NUL padded, in memory order
    HistogramCells decode_time;              ///< from the start of decoding to the finished picture
    HistogramCells latency;                  ///< from the client's queueing to the answer
    Cell recent_next;                        ///< frames ever written to `recent`
    std::array<RecentFrame, recent_frames> recent;
    std::array<JobSlot, job_slots> jobs;
    Cell refused_call; ///< that the sandbox stopped the worker for: its number + 1; 0: none
    Cell ended; ///< the exit status that the worker is about to leave with, + 1; 0: it runs, or was killed
};

} // namespace daedalus::statistics
