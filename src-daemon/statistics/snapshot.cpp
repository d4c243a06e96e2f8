// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/snapshot.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace daedalus::statistics {
namespace {

constexpr std::uint64_t ns_per_us = 1000;
constexpr std::uint64_t ns_per_second = 1'000'000'000;

std::uint64_t load(const Cell& cell) {
    return cell.load(std::memory_order_relaxed);
}

std::uint32_t load32(const Cell& cell) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(load(cell), std::numeric_limits<std::uint32_t>::max()));
}

Histogram read_histogram(const HistogramCells& cells) {
    Histogram histogram;
    for (std::size_t i = 0; i < cells.buckets.size(); ++i)
        histogram.add_bucket(i, load(cells.buckets[i]));
    histogram.add_extremes(load(cells.sum_us), load(cells.max_us));
    return histogram;
}

Counters read_counters(const PageLayout& page) {
    Counters counters;
    counters.frames = load(page.frames);
    counters.dropped = load(page.dropped);
    for (std::size_t i = 0; i < counters.statuses.size(); ++i)
        counters.statuses[i] = load(page.statuses[i]);
    counters.bitstream_bytes = load(page.bitstream_bytes);
    counters.untracked_jobs = load(page.untracked_jobs);
    counters.decode_time = read_histogram(page.decode_time);
    counters.latency = read_histogram(page.latency);
    return counters;
}

std::string read_profile(const PageLayout& page) {
    std::array<std::uint64_t, profile_cells> cells{};
    for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] = load(page.profile[i]);
    const auto text = std::bit_cast<std::array<char, profile_cells * sizeof(std::uint64_t)>>(cells);
    std::string profile;
    for (const char c : text) {
        if (c == '\0' || profile.size() == text.size() - 1)
            break;
        profile += c >= ' ' && c <= '~' ? c : '?';
    }
    return profile;
}

std::optional<Job> read_job(const JobSlot& slot, std::uint64_t now_ns) {
    const std::uint64_t cookie = slot.cookie.load(std::memory_order_acquire);
    if (cookie == 0)
        return std::nullopt;
    Job job;
    job.cookie = cookie;
    job.state = static_cast<JobState>(std::min(load(slot.state), static_cast<std::uint64_t>(JobState::done)));
    job.in_state_us = saturating_subtract(now_ns, load(slot.since_ns)) / ns_per_us;
    job.age_us = saturating_subtract(now_ns, load(slot.queued_ns)) / ns_per_us;
    job.bitstream_bytes = load(slot.bitstream_bytes);
    job.dst_buffer = load(slot.dst_buffer);
    std::atomic_thread_fence(std::memory_order_acquire);
    // The job went while its fields were read: then they may be another's.
    if (load(slot.cookie) != cookie)
        return std::nullopt;
    return job;
}

std::vector<Job> read_jobs(const PageLayout& page, std::uint64_t now_ns) {
    std::vector<Job> jobs;
    for (const JobSlot& slot : page.jobs)
        if (auto job = read_job(slot, now_ns))
            jobs.push_back(*job);
    std::ranges::sort(jobs, [](const Job& a, const Job& b) {
        return a.age_us != b.age_us ? a.age_us > b.age_us : a.cookie < b.cookie;
    });
    return jobs;
}

/// Fills in the rate and the recent durations from the ring of the last frames.
void read_recent(const PageLayout& page, std::uint64_t now_ns, Snapshot& out) {
    struct Frame {
        std::uint64_t done_ns;
        std::uint32_t decode_us;
    };
    std::vector<Frame> frames;
    for (const RecentFrame& cell : page.recent) {
        const Frame frame{.done_ns = load(cell.done_ns), .decode_us = load32(cell.decode_us)};
        if (frame.done_ns != 0 && frame.done_ns <= now_ns)
            frames.push_back(frame);
    }
    std::ranges::sort(frames, {}, &Frame::done_ns);
    for (const Frame& frame : frames)
        out.recent_decode_us.push_back(frame.decode_us);

    const std::uint64_t window_start = saturating_subtract(now_ns, ns_per_second);
    const auto first = std::ranges::lower_bound(frames, window_start, {}, &Frame::done_ns);
    const auto in_window = static_cast<std::size_t>(frames.end() - first);
    if (in_window == page.recent.size()) {
        // More than the ring holds came within the second: the ring's own span is what is known.
        const std::uint64_t span_ns = std::max<std::uint64_t>(now_ns - frames.front().done_ns, 1);
        out.frames_per_second = static_cast<double>(in_window) * static_cast<double>(ns_per_second) /
                                static_cast<double>(span_ns);
    } else {
        out.frames_per_second = static_cast<double>(in_window);
    }
}

} // namespace

std::uint64_t Counters::errors() const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < statuses.size(); ++i)
        if (i != DAEDALUS_STATUS_OK && i != DAEDALUS_STATUS_CONCEALED)
            total = saturating_add(total, statuses[i]);
    return total;
}

void Counters::merge(const Counters& other) {
    frames = saturating_add(frames, other.frames);
    dropped = saturating_add(dropped, other.dropped);
    for (std::size_t i = 0; i < statuses.size(); ++i)
        statuses[i] = saturating_add(statuses[i], other.statuses[i]);
    bitstream_bytes = saturating_add(bitstream_bytes, other.bitstream_bytes);
    untracked_jobs = saturating_add(untracked_jobs, other.untracked_jobs);
    decode_time.merge(other.decode_time);
    latency.merge(other.latency);
}

void Counters::subtract(const Counters& earlier) {
    frames = saturating_subtract(frames, earlier.frames);
    dropped = saturating_subtract(dropped, earlier.dropped);
    for (std::size_t i = 0; i < statuses.size(); ++i)
        statuses[i] = saturating_subtract(statuses[i], earlier.statuses[i]);
    bitstream_bytes = saturating_subtract(bitstream_bytes, earlier.bitstream_bytes);
    untracked_jobs = saturating_subtract(untracked_jobs, earlier.untracked_jobs);
    decode_time.subtract(earlier.decode_time);
    latency.subtract(earlier.latency);
}

Snapshot snapshot(const WorkerPage& page, std::uint64_t now_ns) {
    const PageLayout& layout = page.layout();
    Snapshot out;
    out.counters = read_counters(layout);
    const std::uint64_t codec = load(layout.codec);
    if (codec >= 1 && codec <= DAEDALUS_CODEC_COUNT)
        out.codec = static_cast<enum daedalus_codec>(codec - 1);
    out.profile = read_profile(layout);
    out.width = load32(layout.width);
    out.height = load32(layout.height);
    out.pixelformat = load32(layout.pixelformat);
    // Two threads may count down and up in either order: "-1" is 0.
    const auto depth = static_cast<std::int64_t>(load(layout.queue_depth));
    out.queue_depth = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(depth, 0, std::numeric_limits<std::uint32_t>::max()));
    out.threads = load32(layout.threads);
    out.pixel_path = static_cast<PixelPath>(
        std::min(load(layout.pixel_path), static_cast<std::uint64_t>(PixelPath::direct)));
    if (const std::uint64_t progress = load(layout.last_progress_ns); progress != 0)
        out.since_progress_us = saturating_subtract(now_ns, progress) / ns_per_us;
    if (const std::uint64_t entered = load(layout.in_decoder_ns); entered != 0)
        out.in_decoder_us = saturating_subtract(now_ns, entered) / ns_per_us;
    read_recent(layout, now_ns, out);
    out.jobs = read_jobs(layout, now_ns);
    return out;
}

} // namespace daedalus::statistics
