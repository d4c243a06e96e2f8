// SPDX-License-Identifier: BSD-2-Clause
// Plays a clip through a worker: the kernel and its client in one.
#pragma once

#include "bridge/stand_in_kernel.h"
#include "statistics/snapshot.h"
#include "support/worker/capture_layout.h"
#include "support/worker/worker_process.h"
#include "worker/clips.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace daedalus::test {

/// How a frame came back.
struct Played {
    std::uint32_t frame = 0; ///< index in Stream::frames
    bridge::Completed answer;
    std::vector<std::uint8_t> pixels; ///< cropped and planar, to be compared with Clip::frames
    /// How the newest picture that was written by then came into its buffer.
    statistics::PixelPath path = statistics::PixelPath::unknown;
};

struct PlayerOptions {
    unsigned threads = 1;
    std::uint32_t pixelformat = 0; ///< 0: NV12, or P010 for 10 bits
    unsigned buffers = 24;
    std::uint32_t padding = 0; ///< bytes that lines are longer than they need to be
    bool room = false;         ///< around the picture, for the decoder; see make_roomy_layout()
    worker::WorkerLimits limits = {};
    std::uint32_t max_width = 4096;
    std::uint32_t max_height = 4096;
    std::size_t picture_memory = std::size_t{1} << 30;
    std::uint64_t memory_bytes = 0; ///< 0: no limit
    std::size_t journal_bytes = 0;  ///< 0: no journal
    std::optional<gpu::Options> gpu = std::nullopt;
};

/// A worker, and the kernel's end of its session.
class Player {
  public:
    Player(const Clip& clip, const PlayerOptions& options);
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;
    /// Closes the session if that has not been done.
    ~Player();

    /// Plays pictures [first, last) of the stream with at most `depth` requests under way, and appends what
    /// came back to `played`. `damage` may change a picture before it is sent.
    void play(std::size_t first, std::size_t last, unsigned depth, std::vector<Played>& played,
              const std::function<void(h264::Picture&)>& damage = {});

    /// Plays one picture that may be the first field of a frame, and returns the buffer that it came in.
    std::uint64_t play_alone(std::size_t index);

    /// Sends a request with the controls of `picture` but other bytes, and returns the answer.
    Played play_bytes(const h264::Picture& picture, std::span<const std::byte> bitstream);

    /// Stream-off and stream-on; returns the epoch that the worker acknowledged.
    std::uint32_t flush();

    /// Frees every buffer and allocates new ones.
    void replace_buffers();

    /// Kills the worker and starts another one, with the requests that were not answered.
    void replace_worker();
    /// Buffers of another layout besides those there are, which are not used any more.
    void use_layout(const daedalus_picture_layout& layout);

    /// Closes the session and returns how the worker ended.
    util::Result<worker::End> finish();

    [[nodiscard]] bridge::StandInKernel& kernel() { return kernel_; }
    [[nodiscard]] pid_t worker_pid() const { return worker_->pid(); }
    /// The memory file; -1: there is none.
    [[nodiscard]] int journal() const { return journal_.get(); }
    [[nodiscard]] const daedalus_picture_layout& layout() const { return layout_; }
    [[nodiscard]] const std::vector<std::uint64_t>& buffers() const { return all_; }
    /// The buffer that a frame was last decoded into.
    [[nodiscard]] std::uint64_t buffer_of(std::uint32_t frame) const { return frame_buffer_.at(frame); }

  private:
    struct Pending {
        std::uint64_t cookie;
        std::uint32_t frame;
        std::uint64_t buffer;
        bool show;
        std::size_t picture;
        std::uint32_t flags;
        std::uint32_t attempt;
    };
    std::uint64_t choose_buffer(std::size_t picture_index);
    void start_worker();
    void send_request(const Pending& job, const h264::Picture& picture, std::uint32_t queued);
    void add_buffers();
    void send(std::size_t index, const std::function<void(h264::Picture&)>& damage, std::uint32_t queued);
    Played take_answer();
    std::vector<std::uint8_t> crop(std::uint64_t buffer, std::uint32_t frame);

    const Clip& clip_;
    const PlayerOptions options_;
    statistics::WorkerPage page_ = statistics::WorkerPage::create().value();
    util::UniqueFd journal_;
    util::UniqueFd worker_end_; ///< until the worker has it
    bridge::StandInKernel kernel_;
    daedalus_picture_layout layout_ = {};
    std::uint32_t coded_width_;
    std::uint32_t coded_height_;
    std::unique_ptr<WorkerProcess> worker_;
    std::vector<std::uint64_t> all_;
    std::vector<std::size_t> last_use_; ///< by frame: the last picture that refers to it or belongs to it
    std::map<std::uint32_t, std::uint64_t> frame_buffer_;
    std::map<std::uint64_t, std::uint32_t> buffer_frame_;
    std::deque<Pending> pending_;
    std::uint64_t next_cookie_ = 1;
    std::uint32_t epoch_ = 0;
};

/// The frame as ffmpeg has it.
inline const std::vector<std::uint8_t>& truth(const Clip& clip, std::uint32_t frame) {
    return clip.frames.at(clip.stream.frames.at(frame).display_index);
}

} // namespace daedalus::test
