// SPDX-License-Identifier: BSD-2-Clause
// The supervisor reads the page of a worker that writes to it what it likes.
// Input: 8 bytes with the time, then two states of the page as lists of writes, ended by 0xffff: two bytes
// that say which number of the page, and the number.
#include "fuzz/fuzz_input.h"
#include "statistics/snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace daedalus;
using fuzz::require;

constexpr std::size_t cells = sizeof(statistics::PageLayout) / sizeof(std::uint64_t);

void write_cells(fuzz::FuzzInput& input, const statistics::WorkerPage& page) {
    while (!input.empty()) {
        const auto cell = input.take<std::uint16_t>();
        if (cell == 0xffff)
            return;
        const auto value = input.take<std::uint64_t>();
        require(pwrite(page.fd(), &value, sizeof(value), static_cast<off_t>(cell % cells * sizeof(value))) ==
                sizeof(value));
    }
}

void check(const statistics::Histogram& histogram) {
    require(histogram.percentile_us(500) <= histogram.percentile_us(990) &&
            histogram.percentile_us(990) <= histogram.max_us());
}

void check(const statistics::Snapshot& snapshot) {
    require(!snapshot.codec || *snapshot.codec < DAEDALUS_CODEC_COUNT);
    require(snapshot.profile.size() < 32);
    for (const char letter : snapshot.profile)
        require(letter >= ' ' && letter <= '~');
    require(std::isfinite(snapshot.frames_per_second) && snapshot.frames_per_second >= 0);
    require(snapshot.pixel_path <= statistics::PixelPath::direct);
    require(snapshot.recent_decode_us.size() <= statistics::recent_frames &&
            snapshot.jobs.size() <= statistics::job_slots);
    for (const statistics::Job& job : snapshot.jobs)
        require(job.cookie != 0 && job.state <= statistics::JobState::done);
    check(snapshot.counters.decode_time);
    check(snapshot.counters.latency);
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::FuzzInput input(data, size);
    const auto page = statistics::WorkerPage::create();
    require(page.has_value());
    const auto now = input.take<std::uint64_t>();
    write_cells(input, *page);
    const auto earlier = statistics::snapshot(*page, now);
    check(earlier);
    write_cells(input, *page);
    auto later = statistics::snapshot(*page, now);
    check(later);
    // As totals over the workers of a session are kept.
    const std::uint64_t frames = later.counters.frames, before = earlier.counters.frames;
    later.counters.merge(earlier.counters);
    check(later.counters.decode_time);
    require(later.counters.errors() >= later.counters.statuses[DAEDALUS_STATUS_BAD_STREAM]);
    later.counters.subtract(earlier.counters);
    require(later.counters.frames == std::min(frames, UINT64_MAX - before));
    return 0;
}
