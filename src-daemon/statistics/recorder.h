// SPDX-License-Identifier: BSD-2-Clause
// The worker's side of the statistics page: what happened, as it happens.
#pragma once

#include "statistics/worker_page.h"

#include "daedalus/protocol.h"

#include <cstdint>
#include <string_view>

namespace daedalus::statistics {

/// Who turns the decoder's picture into the client's buffer.
enum class PixelPath {
    unknown = 0,
    cpu = 1,    ///< one pass of libyuv
    gpu = 2,    ///< one pass of Vulkan compute
    direct = 3, ///< no pass: the decoder writes to the client's buffer itself
};

/// Where a job is inside its worker.
enum class JobState {
    queued = 0,   ///< read from the kernel, waits for the decoder
    decoding = 1, ///< in the decoder or the pixel pass
    done = 2,     ///< the picture is there, the answer has not been sent yet
};

/// CLOCK_MONOTONIC in nanoseconds, the clock of everything here.
[[nodiscard]] std::uint64_t monotonic_ns();

/// Writes a worker's page. No function blocks, allocates or fails. job_queued belongs to the one thread that
/// reads messages; all others may be called from any thread. Each job's functions are called in the order of
/// its life: job_queued, job_decoding, job_done, and last job_completed or job_dropped. Any of those in the
/// middle may be left out. A cookie that is not known is counted but not followed.
class Recorder {
  public:
    /// Records nothing: for a worker that was given no page.
    Recorder() = default;
    /// `page` is mapped with WorkerPage::Access::write and outlives this.
    explicit Recorder(WorkerPage& page) : page_(page.writable()) {}

    void set_codec(enum daedalus_codec codec);
    /// The profile's name as people know it, such as "High 10"; cut at 31 bytes.
    void set_profile(std::string_view profile);
    /// The picture's size in luma samples and the V4L2_PIX_FMT_* of the client's CAPTURE buffers.
    void set_picture(std::uint32_t width, std::uint32_t height, std::uint32_t pixelformat);
    /// Threads that decode this session.
    void set_threads(std::uint32_t threads);
    void set_pixel_path(PixelPath path);

    /// A DECODE message was read. `age_ns` is the message's: how long ago the client queued the request.
    void job_queued(std::uint64_t cookie, std::uint64_t bitstream_bytes, std::uint64_t dst_buffer,
                    std::uint64_t age_ns);
    /// The decoder has begun with the job.
    void job_decoding(std::uint64_t cookie);
    /// The picture is finished, or it is known that there will be none.
    void job_done(std::uint64_t cookie);
    /// COMPLETE was accepted by the kernel. `has_pixels`: it carried DAEDALUS_COMPLETE_HAS_PIXELS.
    void job_completed(std::uint64_t cookie, enum daedalus_status status, bool has_pixels);
    /// The job ended without an answer: FLUSH made it void, or COMPLETE got ENOENT.
    void job_dropped(std::uint64_t cookie);

    /// The worker is about to exit with this status. A supervisor that has not started it sees no other.
    void ended(int exit_status);

    /// The worker is alive and did something useful just now. Every job_ function says so too.
    void progress();

    /// The decoder is called, and returns. One that does not is seen so even when there is no job that waits
    /// for it: in a drain, a seek, or what earlier workers had decoded.
    void enter_decoder();
    void leave_decoder();

  private:
    [[nodiscard]] JobSlot* find(std::uint64_t cookie);
    static void enter(JobSlot& slot, JobState state, std::uint64_t now_ns);
    static void leave(JobSlot& slot);
    void record_frame(const JobSlot& slot, std::uint64_t now_ns);

    PageLayout* page_ = nullptr;
};

/// A call of the decoder.
class InDecoder {
  public:
    explicit InDecoder(Recorder& recorder) : recorder_(recorder) { recorder_.enter_decoder(); }
    ~InDecoder() { recorder_.leave_decoder(); }
    InDecoder(const InDecoder&) = delete;
    InDecoder& operator=(const InDecoder&) = delete;

  private:
    Recorder& recorder_;
};

} // namespace daedalus::statistics
