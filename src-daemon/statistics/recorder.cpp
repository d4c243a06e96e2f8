// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/recorder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>

namespace daedalus::statistics {
namespace {

constexpr std::uint64_t ns_per_us = 1000;

void store(Cell& cell, std::uint64_t value) {
    cell.store(value, std::memory_order_relaxed);
}
std::uint64_t load(const Cell& cell) {
    return cell.load(std::memory_order_relaxed);
}
void count(Cell& cell, std::uint64_t by = 1) {
    cell.fetch_add(by, std::memory_order_relaxed);
}

void raise(Cell& cell, std::uint64_t value) {
    std::uint64_t old = load(cell);
    while (old < value && !cell.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
    }
}

void count_duration(HistogramCells& histogram, std::uint64_t microseconds) {
    count(histogram.buckets[histogram_bucket(microseconds)]);
    count(histogram.sum_us, microseconds);
    raise(histogram.max_us, microseconds);
}

} // namespace

std::uint64_t monotonic_ns() {
    struct timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000) + static_cast<std::uint64_t>(now.tv_nsec);
}

void Recorder::set_codec(enum daedalus_codec codec) {
    if (page_ != nullptr)
        store(page_->codec, static_cast<std::uint64_t>(codec) + 1);
}

void Recorder::set_profile(std::string_view profile) {
    if (page_ == nullptr)
        return;
    std::array<char, profile_cells * sizeof(std::uint64_t)> text{};
    std::ranges::copy(profile.substr(0, text.size() - 1), text.begin());
    const auto cells = std::bit_cast<std::array<std::uint64_t, profile_cells>>(text);
    for (std::size_t i = 0; i < cells.size(); ++i)
        store(page_->profile[i], cells[i]);
}

void Recorder::set_picture(std::uint32_t width, std::uint32_t height, std::uint32_t pixelformat) {
    if (page_ == nullptr)
        return;
    store(page_->width, width);
    store(page_->height, height);
    store(page_->pixelformat, pixelformat);
}

void Recorder::set_threads(std::uint32_t threads) {
    if (page_ != nullptr)
        store(page_->threads, threads);
}

void Recorder::set_pixel_path(PixelPath path) {
    if (page_ != nullptr)
        store(page_->pixel_path, static_cast<std::uint64_t>(path));
}

void Recorder::job_queued(std::uint64_t cookie, std::uint64_t bitstream_bytes, std::uint64_t dst_buffer,
                          std::uint64_t age_ns) {
    if (page_ == nullptr)
        return;
    const std::uint64_t now = monotonic_ns();
    count(page_->queue_depth);
    count(page_->bitstream_bytes, bitstream_bytes);
    progress();
    for (JobSlot& slot : page_->jobs) {
        if (load(slot.cookie) != 0)
            continue;
        // No field of the new job may be seen before the old cookie is seen gone.
        std::atomic_thread_fence(std::memory_order_release);
        enter(slot, JobState::queued, now);
        store(slot.queued_ns, saturating_subtract(now, age_ns));
        store(slot.decoding_ns, 0);
        store(slot.bitstream_bytes, bitstream_bytes);
        store(slot.dst_buffer, dst_buffer);
        slot.cookie.store(cookie, std::memory_order_release);
        return;
    }
    count(page_->untracked_jobs);
}

void Recorder::job_decoding(std::uint64_t cookie) {
    if (JobSlot* slot = find(cookie)) {
        const std::uint64_t now = monotonic_ns();
        store(slot->decoding_ns, now);
        enter(*slot, JobState::decoding, now);
    }
    progress();
}

void Recorder::job_done(std::uint64_t cookie) {
    if (JobSlot* slot = find(cookie))
        enter(*slot, JobState::done, monotonic_ns());
    progress();
}

void Recorder::job_completed(std::uint64_t cookie, enum daedalus_status status, bool has_pixels) {
    if (page_ == nullptr)
        return;
    const std::uint64_t now = monotonic_ns();
    count(page_->statuses[std::min<std::size_t>(status, DAEDALUS_STATUS_COUNT - 1)]);
    const bool frame = has_pixels && (status == DAEDALUS_STATUS_OK || status == DAEDALUS_STATUS_CONCEALED);
    if (frame)
        count(page_->frames);
    if (JobSlot* slot = find(cookie)) {
        if (frame)
            record_frame(*slot, now);
        leave(*slot);
    }
    count(page_->queue_depth, static_cast<std::uint64_t>(-1));
    progress();
}

void Recorder::job_dropped(std::uint64_t cookie) {
    if (page_ == nullptr)
        return;
    count(page_->dropped);
    if (JobSlot* slot = find(cookie))
        leave(*slot);
    count(page_->queue_depth, static_cast<std::uint64_t>(-1));
    progress();
}

void Recorder::ended(int exit_status) {
    if (page_ != nullptr)
        page_->ended.store(static_cast<std::uint64_t>(exit_status) + 1, std::memory_order_relaxed);
}

void Recorder::progress() {
    if (page_ != nullptr)
        store(page_->last_progress_ns, monotonic_ns());
}

void Recorder::enter_decoder() {
    if (page_ != nullptr)
        store(page_->in_decoder_ns, monotonic_ns());
}

void Recorder::leave_decoder() {
    if (page_ != nullptr)
        store(page_->in_decoder_ns, 0);
}

JobSlot* Recorder::find(std::uint64_t cookie) {
    if (page_ == nullptr || cookie == 0)
        return nullptr;
    for (JobSlot& slot : page_->jobs)
        if (slot.cookie.load(std::memory_order_acquire) == cookie)
            return &slot;
    return nullptr;
}

void Recorder::enter(JobSlot& slot, JobState state, std::uint64_t now_ns) {
    store(slot.since_ns, now_ns);
    store(slot.state, static_cast<std::uint64_t>(state));
}

void Recorder::leave(JobSlot& slot) {
    slot.cookie.store(0, std::memory_order_release);
}

void Recorder::record_frame(const JobSlot& slot, std::uint64_t now_ns) {
    const std::uint64_t began = load(slot.decoding_ns);
    // A job that was answered without job_done took until now.
    const bool done = load(slot.state) == static_cast<std::uint64_t>(JobState::done);
    const std::uint64_t ended = done ? load(slot.since_ns) : now_ns;
    if (began != 0) {
        const std::uint64_t decode_us = saturating_subtract(ended, began) / ns_per_us;
        count_duration(page_->decode_time, decode_us);
        const std::uint64_t index = page_->recent_next.fetch_add(1, std::memory_order_relaxed);
        RecentFrame& frame = page_->recent[index % page_->recent.size()];
        store(frame.decode_us, decode_us);
        store(frame.done_ns, now_ns);
    }
    count_duration(page_->latency, saturating_subtract(now_ns, load(slot.queued_ns)) / ns_per_us);
}

} // namespace daedalus::statistics
