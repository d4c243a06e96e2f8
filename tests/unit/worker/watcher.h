// SPDX-License-Identifier: BSD-2-Clause
// The other end of a stateful session: what the kernel and a client do.
#pragma once

#include "bridge/stand_in_kernel.h"
#include "replay/journal_memory.h"
#include "statistics/snapshot.h"
#include "statistics/worker_page.h"
#include "support/worker/worker_process.h"
#include "worker/stream_pieces.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace daedalus::test {

struct Shown {
    std::uint64_t timestamp;
    std::uint32_t flags;
    std::vector<std::uint8_t> pixels;
};

/// A worker in its sandbox, the kernel's end of its session, and a client that shows every picture at once.
class Watcher {
  public:
    static constexpr std::uint32_t width = 176, height = 144;

    explicit Watcher(unsigned threads, daedalus_codec codec = DAEDALUS_CODEC_H264, unsigned buffers = 4)
        : kernel_(make_kernel()), threads_(threads), codec_(codec) {
        layout_.pixelformat = V4L2_PIX_FMT_NV12;
        layout_.width = layout_.bytesperline = width;
        layout_.height = height;
        layout_.planes = 1;
        layout_.sizeimage[0] = width * height * 3 / 2;
        start_worker();
        make_buffers(buffers);
    }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() {
        kernel_.close();
        const auto end = worker_->finish();
        EXPECT_TRUE(end) << (end ? "" : end.error().message);
    }

    /// After a drain, when the worker and we may differ on which of the old ones it has.
    void make_buffers(unsigned count) {
        ids_.clear();
        for (unsigned i = 0; i < count; i++)
            ids_.push_back(kernel_.add_buffer(layout_).value());
    }
    void offer_all() {
        for (const std::uint64_t id : ids_)
            offer(id);
    }
    std::uint64_t input(const Bytes& bytes, std::uint64_t timestamp) {
        EXPECT_TRUE(kernel_.send_input(++cookie_, timestamp, bytes));
        sent_.push_back({cookie_, timestamp, bytes});
        return cookie_;
    }
    std::uint64_t drain() {
        EXPECT_TRUE(kernel_.send_drain(++cookie_));
        return cookie_;
    }
    /// From the next worker on.
    void keep_journal(std::size_t bytes = std::size_t{4} << 20) {
        journal_ = std::move(*replay::JournalMemory::create(bytes));
    }
    /// Kills the worker. The next one gets what this one had not answered.
    void replace_worker() {
        worker_.reset();
        EXPECT_TRUE(kernel_.replace_worker(worker_end_));
        while (kernel_.waiting_answers() > 0)
            take(0);
        page_ = std::move(*statistics::WorkerPage::create());
        start_worker();
        for (const auto& [cookie, id] : offers_)
            EXPECT_TRUE(kernel_.send_capture(cookie, id));
        for (const Sent& input : sent_)
            EXPECT_TRUE(kernel_.send_input(input.cookie, input.timestamp, input.bytes));
    }
    void flush(std::uint32_t flags) {
        EXPECT_TRUE(kernel_.send_flush(++epoch_, flags));
        while (flushed_ != epoch_ && take(10000)) {
        }
        EXPECT_EQ(flushed_, epoch_);
    }

    /// Takes one answer; false when none comes within the time.
    bool take(int timeout_ms) {
        const auto answer = kernel_.next_answer(timeout_ms);
        if (!answer)
            return false;
        if (const auto* done = std::get_if<bridge::Completed>(&*answer)) {
            completed.push_back(done->cookie);
            refused += done->status == DAEDALUS_STATUS_UNSUPPORTED ? 1 : 0;
            std::erase_if(sent_, [&](const Sent& input) { return input.cookie == done->cookie; });
        } else if (const auto* stream = std::get_if<bridge::Streamed>(&*answer)) {
            streams.push_back(*stream);
        } else if (const auto* picture = std::get_if<bridge::Pictured>(&*answer)) {
            const std::uint64_t id = offers_.at(picture->cookie);
            EXPECT_EQ(picture->status, DAEDALUS_STATUS_OK);
            if (takes_pictures) {
                offers_.erase(picture->cookie);
                shown.push_back({picture->timestamp, picture->flags, planar(id)});
                offer(id);
            }
        } else {
            flushed_ = std::get<bridge::Flushed>(*answer).epoch;
        }
        return true;
    }
    void take_until_completed(std::uint64_t cookie) {
        while (std::ranges::find(completed, cookie) == completed.end())
            ASSERT_TRUE(take(10000)) << "job " << cookie << " is not answered";
    }
    void take_until_quiet() {
        constexpr int quiet_ms = 300; // long enough for whatever would come
        while (take(quiet_ms)) {
        }
    }
    bridge::StandInKernel& kernel() { return kernel_; }
    /// What the worker tells of itself.
    [[nodiscard]] statistics::Snapshot statistics() const {
        return statistics::snapshot(page_, statistics::monotonic_ns());
    }

    std::vector<Shown> shown;
    std::vector<std::uint64_t> completed;
    std::vector<daedalus_stream> streams;
    unsigned refused = 0; ///< inputs
    bool takes_pictures = true;

  private:
    struct Sent {
        std::uint64_t cookie;
        std::uint64_t timestamp;
        Bytes bytes;
    };

    void start_worker() {
        worker_.emplace(std::move(worker_end_), WorkerProcess::Options{.decoder = {.threads = threads_},
                                                                       .journal = journal_.get(),
                                                                       .page = page_.fd()});
        EXPECT_TRUE(kernel_.send_format(codec_, width, height, layout_, 4U << 20, DAEDALUS_SESSION_STATEFUL));
    }

    bridge::StandInKernel make_kernel() { return std::move(*bridge::StandInKernel::create(worker_end_)); }

    void offer(std::uint64_t id) {
        offers_[++cookie_] = id;
        EXPECT_TRUE(kernel_.send_capture(cookie_, id));
    }

    /// The buffer's NV12 as planar samples.
    std::vector<std::uint8_t> planar(std::uint64_t id) {
        const auto bytes = kernel_.bytes(id);
        const std::size_t luma = std::size_t{width} * height;
        std::vector<std::uint8_t> samples(bytes.begin(), bytes.begin() + luma);
        for (const std::size_t first : {luma, luma + 1})
            for (std::size_t i = first; i < bytes.size(); i += 2)
                samples.push_back(bytes[i]);
        return samples;
    }

    statistics::WorkerPage page_ = std::move(*statistics::WorkerPage::create()); ///< of this worker
    util::UniqueFd worker_end_;
    bridge::StandInKernel kernel_;
    unsigned threads_;
    daedalus_codec codec_;
    daedalus_picture_layout layout_ = {};
    util::UniqueFd journal_;
    std::optional<WorkerProcess> worker_;
    std::vector<Sent> sent_; ///< and not answered
    std::vector<std::uint64_t> ids_;
    std::map<std::uint64_t, std::uint64_t> offers_; ///< buffers by the cookie of their offer
    std::uint64_t cookie_ = std::uint64_t{1} << 32; // of the first epoch
    std::uint32_t epoch_ = 1;
    std::uint32_t flushed_ = 0;
};

} // namespace daedalus::test
